package main

import (
	"fmt"
	"slices"

	"herbarium/internal/arch"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/fit"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/training"
)

// check refuses flags that contradict each other.
func (c *command) check() error {
	own := c.Arch != "" || c.Scales != nil || c.Widths != nil
	switch {
	case c.Init != "" && (own || c.Match != ""):
		return errs.Usagef("--init brings a net of its own: --arch, --scales, --widths and --match do not go with it")
	case c.Match != "" && own:
		return errs.Usagef("--match takes all from NET: --arch, --scales and --widths do not go with it")
	case c.Match != "" && c.Net == "":
		return errs.Hint(errs.Usagef("--match lacks the net to match"), "topdown --match macs td.st.zst < photos.st.zst")
	case c.Match == "" && c.Net != "":
		return errs.Hint(errs.Usagef("%s: a net is named only with --match", c.Net), "photos come from standard input: topdown < photos.st.zst")
	case c.Match == "" && c.Blur != 0:
		return errs.Usagef("--blur needs --match: a top-down net blurs each scale by itself")
	case c.Blur == 1:
		return errs.Usagef("--blur %d: a scale is at least 2", c.Blur)
	}
	return nil
}

// fresh is the top-down net asked for.
func (c *command) fresh(photos *fit.Set) (*graph.Net, error) {
	name := c.Arch
	if name == "" {
		name = "td-resnet32"
	}
	return training.Fresh(photos, c.Seed, func(in graph.Shape, o arch.Options) (*graph.Graph, string, error) {
		g, err := arch.BuildTopDown(name, in, arch.TopDown{Scales: c.Scales, Widths: c.Widths}, o)
		return g, name, err
	})
}

// matched reads NET, and returns what makes the bottom-up net that costs the same.
func (c *command) matched(s *cli.Session) (func(*fit.Set) (*graph.Net, error), error) {
	to, err := cli.ReadNet(s, c.Net, graph.FromDocument)
	if err != nil {
		return nil, err
	}
	return func(photos *fit.Set) (*graph.Net, error) {
		return training.Fresh(photos, c.Seed, func(in graph.Shape, o arch.Options) (*graph.Graph, string, error) {
			if err := images.CheckColors(in[0], to.Input[0]); err != nil {
				return nil, "", fmt.Errorf("%s: %w", c.Net, err)
			}
			if !slices.Equal(in, to.Input) {
				return nil, "", fmt.Errorf("%s was made for photos of %dx%d, and these are %dx%d", c.Net, to.Input[1], to.Input[2], in[1], in[2])
			}
			g, name, err := arch.Match(to, c.Match, c.Blur, o)
			if err != nil {
				return nil, "", fmt.Errorf("%s: %w", c.Net, err)
			}
			return g, name, compare(s, g, to)
		})
	}, nil
}

// compare says how near the cost of g comes to that of the net to match.
func compare(s *cli.Session, g *graph.Graph, to *graph.Net) error {
	params, macs, err := g.Cost(to.Input)
	if err != nil {
		return err
	}
	toParams, toMACs, err := to.Graph.Cost(to.Input)
	if err != nil {
		return err
	}
	s.Infof("%d parameters and %d multiply-adds; %s has %d and %d", params, macs, to.Arch, toParams, toMACs)
	return nil
}
