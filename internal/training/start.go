package training

import (
	"crypto/sha256"
	"fmt"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
)

// tuned is the net of --init, for photos that get its classes.
func (c *Flags) tuned(s *cli.Session, photos *fit.Set) (model *graph.Net, err error) {
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

// frozen are the nodes that --freeze leaves as they are.
func (c *Flags) frozen(g *graph.Graph) (map[string]bool, error) {
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
func (c *Flags) run(s *cli.Session, model *graph.Net, sets map[string]*fit.Set) (fit.Run, error) {
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
