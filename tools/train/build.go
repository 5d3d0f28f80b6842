package main

import (
	"crypto/sha256"
	"fmt"
	"math"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/cli"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
)

// tuned is the net of --init, for photos that get its classes.
func (c *command) tuned(s *cli.Session, photos *fit.Set) (model *graph.Net, err error) {
	err = s.Nets(cli.Net{NetFile: c.Init}, func(d *format.Document) error {
		from, err := graph.FromDocument(d)
		if err != nil {
			return err
		}
		model, err = fit.FineTune(from, graph.Shape{3, photos.Height, photos.Width}, photos.Classes, c.Seed)
		return err
	})
	if err != nil {
		return nil, err
	}
	return model, photos.Adopt(model.Classes)
}

// fresh is a net of the architecture asked for.
func (c *command) fresh(photos *fit.Set) (*graph.Net, error) {
	in := graph.Shape{3, photos.Height, photos.Width}
	name := c.Arch
	if name == "" {
		name = "resnet20"
	}
	mean, std, err := photos.Moments()
	if err != nil {
		return nil, err
	}
	g, err := arch.Build(name, arch.Options{Classes: len(photos.Classes), Stem: c.Stem, Mean: mean, Std: std})
	if err != nil {
		return nil, err
	}
	if err := bigEnough(g, in); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	params, err := arch.Init(g, in, c.Seed)
	if err != nil {
		return nil, err
	}
	return &graph.Net{Graph: g, Params: params, Classes: photos.Classes, Input: in, Arch: name}, nil
}

// bigEnough wants the image to reach over one position of the deepest layer at least.
func bigEnough(g *graph.Graph, in graph.Shape) error {
	rows, err := g.Table(in)
	if err != nil {
		return err
	}
	stride := 1.0
	for _, row := range rows {
		if len(row.Shape) == 3 && row.Shape[1]*row.Shape[2] > 1 {
			stride = math.Max(stride, math.Max(row.Stride[0], row.Stride[1]))
		}
	}
	if float64(min(in[1], in[2])) < stride {
		return cli.Hint(fmt.Errorf("photos of %dx%d are too small for it", in[1], in[2]),
			"make them larger with ingest --size, or take --arch resnet20, or --stem small")
	}
	return nil
}

// frozen are the nodes that --freeze leaves as they are.
func (c *command) frozen(g *graph.Graph) (map[string]bool, error) {
	if c.Freeze == "" {
		return nil, nil
	}
	part, err := g.Slice(c.Freeze)
	if err != nil {
		return nil, fmt.Errorf("--freeze: %w", err)
	}
	frozen := map[string]bool{}
	for _, node := range part.Nodes {
		frozen[node.Name] = true
	}
	return frozen, nil
}

// run describes this run to its checkpoint: flags, and digests of what the net is made from.
func (c *command) run(s *cli.Session, model *graph.Net, sets map[string]*fit.Set) (fit.Run, error) {
	run := fit.Run(s.Settings())
	delete(run, "--init") // a file is what is in it
	delete(run, "--val")
	run["--seed"] = fmt.Sprint(c.Seed)
	run["version of train"] = cli.Version
	start := sha256.New()
	doc, err := model.Document()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(start, "%q\n", doc.Meta)
	for _, t := range doc.Tensors {
		fmt.Fprintf(start, "%q %v\n", t.Name, t.Shape)
		start.Write(t.Data)
	}
	run["first weights"] = fmt.Sprintf("%x", start.Sum(nil))
	for name, set := range sets {
		digest, err := set.Digest()
		if err != nil {
			return nil, err
		}
		run[name] = fmt.Sprintf("%x", digest)
	}
	return run, nil
}
