// Versus compares nets that were trained several times and tested on the same images: how often each is right, and by
// how much it differs from a reference, with intervals that hold for new trainings and new images.
//
//	for net in td matched; do for seed in 1 2 3; do
//	    ingest photos/test | score --net $net.$seed.st.zst | peek --items > $net.$seed/clean.tsv
//	    ingest photos/test | adversary --net $net.$seed.st.zst --eps 1/255,2/255 | peek --items > $net.$seed/pgd.tsv
//	done; done
//	versus --reference matched */*.tsv
//
// A FILE is named NET.SEED/TEST.tsv and holds what peek --items prints of images that score or adversary has passed on. An
// image is right if its item says correct; after adversary, at each eps that occurs in the test, if no attack up to that
// eps has broken it. The files of one test must hold the same images.
//
// For each net versus prints the mean accuracy over its seeds and images; its difference from the reference, paired by
// seed and image; and the same difference only on images that both get right in the test "clean", which compares nets of
// different accuracy. Intervals are for 95%, with seeds and images both seen as samples of many (Hillis 2007). Where a net
// has fewer seeds than the reference, those that both have count.
//
// --plot draws accuracy against eps, a panel for each test that has several.
package main

import (
	_ "embed"
	"io"

	"herbarium/internal/cli"
	"herbarium/internal/report"
)

//go:embed main.go
var manual string

type command struct {
	cli.File
	Files     []string `arg:"" name:"file" sep:"none" help:"Tables, named NET.SEED/TEST.tsv."`
	Reference string   `required:"" placeholder:"NET" help:"The net that the others are compared with."`
	JSON      bool     `name:"json" help:"JSON lines instead of a table."`
	Plot      string   `placeholder:"FILE" help:"Draw accuracy against eps to FILE: .png, .svg or .pdf."`
}

func main() { cli.Main("versus", manual, &command{}) }

// Text says that nothing binary goes to standard output.
func (c *command) Text() bool { return true }

// Run reads all tables, then prints.
func (c *command) Run(s *cli.Session) error {
	if err := report.CheckPlot("--plot", c.Plot); err != nil {
		return err
	}
	tests, err := read(s, c.Files)
	if err != nil {
		return err
	}
	rows, err := compare(tests, c.Reference)
	if err != nil {
		return err
	}
	if c.Plot != "" {
		plots, err := panels(rows)
		if err != nil {
			return err
		}
		if err := report.SavePlots(s, c.Plot, plots...); err != nil {
			return err
		}
	}
	return report.Print(s, &report.Flags{JSON: c.JSON}, c.Output, rows, func(w io.Writer, rows []row) error {
		return table(w, rows, c.Reference)
	})
}
