package main

import (
	"fmt"
	"slices"
	"strings"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/measure"
	"herbarium/internal/report"
	"herbarium/internal/score"
	"herbarium/tools/internal/compute"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	if err := c.Flags.Check(); err != nil {
		return err
	}
	switch {
	case len(c.Explain) > 0 && c.Text():
		return errs.Hint(errs.Usagef("--explain adds to the images, and only the summary is printed"), "-o FILE or a pipe takes the stream")
	case len(c.Explain) == 0 && c.ExplainClass != score.Predicted:
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

// checkExit refuses flags about heads that contradict others.
func (c *command) checkExit() error {
	auto, evidence := c.ExitThreshold != nil && c.ExitThreshold.auto, slices.Contains(c.Explain, score.Evidence)
	of := 0
	for _, name := range c.Explain {
		if slices.Contains(measure.AttentionMaps(), name) {
			of++
		}
	}
	switch {
	case of > 0 && of < len(c.Explain):
		return errs.Usagef("--explain %s are maps of attention, and go with no layer", strings.Join(measure.AttentionMaps(), ", "))
	case evidence && len(c.Explain) > 1:
		return errs.Usagef("--explain evidence explains all heads, and goes with no other layer")
	case c.ExitThreshold != nil && len(c.Explain) > 0 && !evidence:
		return errs.Usagef("--exit-threshold goes with --explain evidence only: other maps explain the last head")
	case auto != (c.ExitVal != ""):
		return errs.Usagef("--exit-threshold auto and --exit-val FILE need each other")
	case c.ExitPlot != "" && c.ExitThreshold == nil:
		return errs.Usagef("--exit-plot draws what --exit-threshold counts")
	case c.ExitLoss != 0.01 && !auto:
		return errs.Usagef("--exit-loss says nothing without --exit-threshold auto")
	}
	return report.CheckPlot("--exit-plot", c.ExitPlot)
}

// options opens the device and reads the files that the flags name. All that goes into the record of this command is
// settled here, before a net from standard input is passed on.
func (c *command) options(s *cli.Session) (score.Options, error) {
	o := score.Options{Layers: c.Layer, Explain: c.Explain, ExplainClass: c.ExplainClass, OnlyScale: c.OnlyScale, Warnf: s.Warnf}
	var err error
	if o.Net, err = compute.Open(s, &c.Processor, c.DType); err != nil {
		return o, err
	}
	o.Batch = s.Batch(o.Net.Batch(16, 32))
	if c.Source != "" {
		o.Originals = &score.Originals{}
		if err := readImages(s, c.Source, o.Originals.Add); err != nil {
			return o, err
		}
		if o.Originals.Len() == 0 {
			return o, fmt.Errorf("%s holds no images", c.Source)
		}
	}
	if c.ExitThreshold != nil {
		o.Exit = &score.Exit{Threshold: c.ExitThreshold.probability, Loss: c.ExitLoss, Name: c.ExitVal, Whole: c.ExitPlot != ""}
	}
	if c.ExitVal != "" {
		o.Exit.Validation = &score.Photos{}
		if err := readImages(s, c.ExitVal, o.Exit.Validation.Add); err != nil {
			return o, err
		}
	}
	if c.Judge == "" {
		return o, nil
	}
	model, err := cli.ReadNet(s, c.Judge, graph.FromDocument)
	if err != nil {
		return o, err
	}
	if o.Judge, err = measure.NewClassifier(model, nil, o.Net); err != nil {
		return o, fmt.Errorf("%s: %w", c.Judge, err)
	}
	return o, nil
}

// readImages gives f the images in a file, document by document.
func readImages(s *cli.Session, path string, f func(*images.Batch) error) error {
	return s.ReadFile(path, cli.Handlers{images.Kind: func(d *format.Document) error {
		b, err := images.FromDocument(d)
		if err != nil {
			return err
		}
		return f(b)
	}})
}
