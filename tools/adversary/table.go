package main

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"

	"herbarium/internal/attack"
	"herbarium/internal/errs"
	"herbarium/internal/report"
	"herbarium/internal/stats"
)

// judge keeps the first failed check as the reason why there is no result.
func (r *run) judge(c *campaign) {
	bad, failed := attack.Failed(c.result.Verdict)
	if !failed || r.failed != nil {
		return
	}
	who := ""
	if c == r.second {
		who = r.Compare + ": "
	}
	err := fmt.Errorf("%sverdict: %s: %s, at most %s of %d: %s", who, bad.Name, quantity(bad.Measured, bad.Unit), quantity(bad.Limit, bad.Unit), bad.Of, bad.Reason)
	r.failed = errs.Hint(err, "--no-verdict gives the result as it is")
}

// quantity is "3 items", "2.5%" or "1.2 points".
func quantity(v float64, unit string) string {
	if unit == "percent" {
		return fmt.Sprintf("%.3g%%", v)
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

// headlines are a result in a few lines.
func headlines(r result) []string {
	lines := []string{fmt.Sprintf("before: %s", share(r.Clean))}
	for _, p := range r.Curve {
		lines = append(lines, fmt.Sprintf("%s %s: %s", r.Norm, report.Radius(p.Eps), share(p.Robust)))
	}
	if r.Compare != nil {
		for _, p := range r.Compare.Paired {
			lines = append(lines, fmt.Sprintf("%s %s, compared: %s", r.Norm, report.Radius(p.Eps), difference(p)))
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

// share is "91.5% (915 of 1000; 95% interval 89.6% to 93.1%)".
func share(s *stats.Share) string {
	return fmt.Sprintf("%.1f%% (%d of %d; 95%% interval %.1f%% to %.1f%%)", 100*s.Share, s.Count, s.Of, 100*s.Interval[0], 100*s.Interval[1])
}

func difference(p paired) string {
	return fmt.Sprintf("%+.1f points (95%% interval %+.1f to %+.1f; only this net withstands on %d, only the other on %d of %d)",
		100*p.Difference, 100*p.Interval[0], 100*p.Interval[1], p.OnlyFirst, p.OnlySecond, p.Items)
}

// writeTables writes the results for people, with an empty line between nets.
func writeTables(w io.Writer, all []result) error {
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

func (r *result) write(b *bytes.Buffer) {
	fmt.Fprintln(b, "before any attack:", share(r.Clean))
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
			fmt.Fprintf(b, "%s\t%s\n", report.Radius(p.Eps), difference(p))
		}
	}
	if len(r.Verdict) > 0 {
		table(r.verdict, 0)
	}
}

// curve has a row for each attack in each ball.
func (r *result) curve(w *tabwriter.Writer) {
	fmt.Fprintf(w, "\n%s\tattack\tattacked\tbroken\twithstand\t\t95%% interval\t\n", r.Norm)
	for _, p := range r.Curve {
		for j, a := range p.Attacks {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t", report.Radius(p.Eps), a.Attack, a.Attacked, a.Broken)
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

func (r *result) verdict(w *tabwriter.Writer) {
	fmt.Fprintf(w, "\nverdict\tmeasured\tat most\tof\t\n")
	for _, c := range r.Verdict {
		said := "passed"
		if !c.Passed {
			said = "FAILED: " + c.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", c.Name, quantity(c.Measured, c.Unit), quantity(c.Limit, c.Unit), c.Of, said)
	}
}
