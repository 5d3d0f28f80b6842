package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"herbarium/internal/radius"
	"herbarium/internal/stats"
)

// table writes the rows for people, in percent.
func table(w io.Writer, rows []row, reference string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "test\teps\tnet\tseeds\timages\tright\t95%%\tminus %s\t95%%\tof those both get right\t95%%\t\n", reference)
	last := ""
	for _, r := range rows {
		if at := r.Test + r.radius(); at != last {
			if last != "" {
				fmt.Fprintln(t, "\t\t\t\t\t\t\t\t\t\t\t")
			}
			last = at
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t\n", r.Test, r.radius(), r.Net, r.Seeds, r.Images,
			cells(&r.Accuracy, "%.1f"), cells(r.Difference, "%+.1f"), cells(r.BothRight, "%+.1f"))
	}
	return t.Flush()
}

func (r *row) radius() string {
	if r.Eps == nil {
		return ""
	}
	return radius.Eps(*r.Eps).String()
}

// cells are an estimate and its interval.
func cells(e *stats.Estimate, layout string) string {
	if e == nil {
		return "\t"
	}
	return fmt.Sprintf(layout+"\t"+layout+" to "+layout, 100*e.Value, 100*e.Interval[0], 100*e.Interval[1])
}
