package main

import (
	"fmt"
	"text/tabwriter"

	"herbarium/internal/stats"
)

// exits shows where images leave, and what each head would do alone.
func (s *summary) exits(w *tabwriter.Writer) {
	e := s.Exit
	fmt.Fprintf(w, "\nexit at %.4g\tmultiply-adds\tleave here\tright of these\tright alone\t\n", e.Threshold)
	cell := func(s *stats.Share) string {
		if s == nil {
			return "–"
		}
		return percent(s.Share)
	}
	for _, h := range e.Heads {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t\n", h.Head, h.MACs, cell(h.Left), cell(h.Accuracy), cell(h.Alone))
	}
	fmt.Fprintf(w, "mean\t%.0f\t\t%s\t\t\n", e.MACs, cell(s.Accuracy))
}
