package main

import (
	"fmt"
	"slices"
	"time"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/net"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	if err := c.Flags.Check(); err != nil {
		return err
	}
	switch {
	case len(c.Explain) > 0 && c.Text():
		return errs.Hint(errs.Usagef("--explain adds to the images, and only the summary is printed"), "-o FILE or a pipe takes the stream")
	case len(c.Explain) == 0 && c.ExplainClass != "predicted":
		return errs.Usagef("--explain-class says nothing without --explain")
	}
	if err := c.checkExit(); err != nil {
		return err
	}
	for _, list := range [][]string{c.Layer, c.Explain} {
		for i, name := range list {
			if slices.Contains(list[:i], name) {
				return errs.Usagef("layer %s is given twice", name)
			}
		}
	}
	return nil
}

// run is one run: the nets, and what they have said so far.
type run struct {
	*command
	session   *cli.Session
	options   net.Options
	batch     int
	originals originals
	exitVal   []*images.Batch // photos of --exit-val
	judge     *measure.Classifier
	net       *measure.Classifier
	explain   []string        // the layers to explain at in the net at hand
	warned    map[[3]any]bool // net, height, width
	sum       *sum
	done      []*sum // of nets before this one
	images    int
	busy      time.Duration // of the net
}

// open reads what the flags name. All that goes into the record of this command is settled here, before a net from
// standard input is passed on.
func (c *command) open(s *cli.Session) (*run, error) {
	options, err := net.Open(string(c.Device), c.DType, s.Threads())
	if err != nil {
		return nil, err
	}
	s.Record("device", options.Device.String())
	r := &run{command: c, session: s, options: options, batch: s.Batch(32)}
	if c.Source != "" {
		if r.originals, err = readOriginals(s, c.Source); err != nil {
			return nil, err
		}
	}
	if c.ExitVal != "" {
		if err := r.readExitVal(); err != nil {
			return nil, err
		}
	}
	if c.Judge != "" {
		return r, r.readJudge()
	}
	return r, nil
}

func (r *run) readJudge() error {
	model, err := cli.ReadNet(r.session, r.Judge, graph.FromDocument)
	if err != nil {
		return err
	}
	if r.judge, err = measure.NewClassifier(model, nil, r.options); err != nil {
		return fmt.Errorf("%s: %w", r.Judge, err)
	}
	return nil
}

func (r *run) close() {
	for _, net := range []*measure.Classifier{r.net, r.judge} {
		if net != nil {
			net.Close()
		}
	}
}

// each scores all images of the input.
func (r *run) each() error {
	err := r.session.EachWithNet(r.Net, r.use, cli.Handlers{images.Kind: r.document})
	if err != nil {
		return err
	}
	return r.session.Require(r.images, images.Kind)
}

// use takes a net for the images that follow.
func (r *run) use(d *format.Document) error {
	model, err := graph.FromDocument(d)
	if err != nil {
		return err
	}
	for _, layer := range r.Layer {
		if _, err := model.Graph.Find(layer); err != nil {
			return err
		}
	}
	if r.OnlyScale != 0 {
		if model, err = measure.OnlyScale(model, r.OnlyScale); err != nil {
			return err
		}
	}
	layers, err := r.explainLayers(model)
	if err != nil {
		return err
	}
	n, err := measure.NewClassifier(model, slices.Concat(r.Layer, layers), r.options)
	if err != nil {
		return err
	}
	if len(r.explain) > 0 && r.ExplainClass != "predicted" && r.ExplainClass != "label" && n.Class(r.ExplainClass) < 0 {
		n.Close()
		return unknownClasses([]string{r.ExplainClass}, "the net", n)
	}
	if r.net != nil {
		r.net.Close()
	}
	r.net, r.warned = n, map[[3]any]bool{}
	r.finishNet()
	r.sum = newSum(model, n, r.judge)
	if r.ExitThreshold != "" {
		if r.sum.exit, err = r.newExit(model); err != nil {
			return err
		}
	}
	if err := model.CheckClasses(); err != nil {
		r.session.Warnf("%v: predictions are numbers, and labels are not compared", err)
	}
	return nil
}

// explainLayers settles what is explained in a net, and returns the layers that it takes.
func (r *run) explainLayers(model *graph.Net) (layers []string, err error) {
	if r.evidence() || r.ExitThreshold != "" {
		layers, err = measure.HeadLayers(model)
		if err != nil || !r.evidence() {
			return layers, err
		}
		r.explain = nil
		for _, h := range model.Graph.Heads() {
			r.explain = append(r.explain, h.Name)
		}
		return layers, nil
	}
	r.explain = slices.Clone(r.Explain)
	for i, layer := range r.explain {
		if layer == "gradcam" {
			if r.explain[i], err = measure.LastMaps(model); err != nil {
				return nil, err
			}
		}
		if err := measure.CheckMaps(model, r.explain[i]); err != nil {
			return nil, err
		}
	}
	return r.explain, nil
}

// finishNet keeps the sum of a net that has seen images.
func (r *run) finishNet() {
	if r.sum != nil && r.sum.seen.Images() > 0 {
		r.done = append(r.done, r.sum)
	}
	r.sum = nil
}
