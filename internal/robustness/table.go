package robustness

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"

	"herbarium/internal/attack"
	"herbarium/internal/radius"
	"herbarium/internal/stats"
)

// Failure is the first check that the verdict did not pass, as the reason why the result should not be used; nil if there
// is none.
func (r *Result) Failure() error {
	bad, failed := attack.Failed(r.Verdict)
	if !failed {
		return nil
	}
	return fmt.Errorf("verdict: %s: %s, at most %s of %d: %s", bad.Name, quantity(bad.Measured, bad.Unit), quantity(bad.Limit, bad.Unit), bad.Of, bad.Reason)
}

// quantity is "3 items", "2.5%" or "1.2 points".
func quantity(v float64, unit string) string {
	if unit == "percent" {
		return fmt.Sprintf("%.3g%%", v)
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

// Headlines are a result in a few lines.
func Headlines(r *Result) []string {
	lines := []string{fmt.Sprintf("before: %s", r.Clean)}
	for _, p := range r.Curve {
		lines = append(lines, fmt.Sprintf("%s %s: %s", r.Norm, radius.Eps(p.Eps), p.Robust))
	}
	if r.Compare != nil {
		for _, p := range r.Compare.Paired {
			lines = append(lines, fmt.Sprintf("%s %s, compared: %s", r.Norm, radius.Eps(p.Eps), difference(p)))
		}
	}
	passed := 0
	for _, c := range r.Verdict {
		if c.Passed {
			passed++
		} else {
			lines = append(lines, fmt.Sprintf("verdict: %s: %s, at most %s of %d", c.Name, quantity(c.Measured, c.Unit), quantity(c.Limit, c.Unit), c.Of))
		}
	}
	if len(r.Verdict) > 0 {
		lines = append(lines, fmt.Sprintf("verdict: %d of %d checks passed", passed, len(r.Verdict)))
	}
	return lines
}

// difference is the first net's share minus the other's.
func difference(p Paired) string {
	return fmt.Sprintf("%+.1f points (95%% interval %+.1f to %+.1f; only this net withstands on %d, only the other on %d of %d)",
		100*p.Difference, 100*p.Interval[0], 100*p.Interval[1], p.OnlyFirst, p.OnlySecond, p.Items)
}

// WriteTables writes the results for people, with an empty line between nets.
func WriteTables(w io.Writer, all []*Result) error {
	var b bytes.Buffer
	for i := range all {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		all[i].write(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (r *Result) write(b *bytes.Buffer) {
	fmt.Fprintln(b, "before any attack:", r.Clean)
	if r.LeftOut > 0 {
		fmt.Fprintf(b, "left out, because they are of their target's class: %d\n", r.LeftOut)
	}
	table := func(f func(w *tabwriter.Writer), flags uint) {
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', flags)
		f(t)
		t.Flush() // into memory: it cannot fail
	}
	table(r.curve, tabwriter.AlignRight)
	if d := r.Distance; d != nil {
		fmt.Fprintf(b, "\ndistance of adversarial images (%s): median %.4g, mean %.4g, %.4g to %.4g (n %d)\n", r.Norm, d.Median, d.Mean, d.Min, d.Max, d.N)
	}
	fmt.Fprintf(b, "images through the net: %d forward, %d backward\n", r.Passes.Forward, r.Passes.Backward)
	if c := r.Compare; c != nil {
		fmt.Fprintf(b, "\nthe other net\n")
		c.Other.write(b)
		fmt.Fprintf(b, "\n%s\tthis net minus the other\n", r.Norm)
		for _, p := range c.Paired {
			fmt.Fprintf(b, "%s\t%s\n", radius.Eps(p.Eps), difference(p))
		}
	}
	if len(r.Verdict) > 0 {
		table(r.verdict, 0)
	}
}

// curve has a row for each attack in each ball.
func (r *Result) curve(w *tabwriter.Writer) {
	fmt.Fprintf(w, "\n%s\tattack\tattacked\tbroken\twithstand\t\t95%% interval\t\n", r.Norm)
	for _, p := range r.Curve {
		for j, a := range p.Attacks {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t", radius.Eps(p.Eps), a.Attack, a.Attacked, a.Broken)
			left := stats.NewShare(a.Attacked-a.Broken, r.Items)
			fmt.Fprintf(w, "%d\t%.1f%%\t", left.Count, 100*left.Share)
			if j == len(p.Attacks)-1 {
				fmt.Fprintf(w, "%.1f%% – %.1f%%\t", 100*left.Interval[0], 100*left.Interval[1])
			} else {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprintln(w)
		}
	}
}

func (r *Result) verdict(w *tabwriter.Writer) {
	fmt.Fprintf(w, "\nverdict\tmeasured\tat most\tof\t\n")
	for _, c := range r.Verdict {
		said := "passed"
		if !c.Passed {
			said = "FAILED: " + c.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", c.Name, quantity(c.Measured, c.Unit), quantity(c.Limit, c.Unit), c.Of, said)
	}
}
