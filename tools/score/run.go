package main

import (
	"fmt"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/images"
	"herbarium/internal/report"
	"herbarium/internal/score"
)

// use takes a net for the images that follow.
func use(scorer *score.Scorer, d *format.Document) error {
	model, err := graph.FromDocument(d)
	if err != nil {
		return err
	}
	return scorer.Use(model)
}

// document scores the images of one document and passes them on.
func (c *command) document(s *cli.Session, scorer *score.Scorer, d *format.Document) error {
	b, err := images.FromDocument(d)
	if err != nil {
		return err
	}
	if err := scorer.Score(b); err != nil || c.Text() {
		return err
	}
	out, err := b.Document()
	if err != nil {
		return err
	}
	return s.Write(out)
}

// report writes the summaries where they belong.
func (c *command) report(s *cli.Session, scorer *score.Scorer) error {
	all := scorer.Summaries()
	if err := report.Save(s, &c.Flags, all, score.WriteTables); err != nil {
		return err
	}
	if c.ExitPlot != "" {
		p, err := score.PlotAnytime(all, c.NetFile)
		if err != nil {
			return err
		}
		if err := report.SavePlots(s, c.ExitPlot, p); err != nil {
			return err
		}
	}
	speed := fmt.Sprintf("%.0f images/s", scorer.Speed())
	if saved := scorer.TimeSaved(); saved > 0 {
		speed += fmt.Sprintf("; early exits saved %.1f%% of the time", 100*saved)
	}
	if c.Text() {
		s.Infof("%s", speed)
		return report.Print(s, &c.Flags, c.Output, all, score.WriteTables)
	}
	for _, one := range all {
		s.Infof("%s; %s", score.Headline(one), speed)
		d, err := report.Document("score", one)
		if err != nil {
			return err
		}
		if err := s.Write(d); err != nil {
			return err
		}
	}
	return nil
}
