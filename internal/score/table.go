package score

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// Headline is a summary in a line.
func Headline(s Summary) string {
	var text string
	if s.Accuracy == nil && s.Unnamed {
		text = fmt.Sprintf("%d images; the net's classes have no names that labels could be compared with", s.Images)
	} else if s.Accuracy == nil {
		text = fmt.Sprintf("%d images without label", s.Images)
	} else {
		text = "right: " + s.Accuracy.String()
		if rest := s.Images - s.Labeled; rest > 0 {
			text += fmt.Sprintf("; %d more images have no label", rest)
		}
	}
	if s.Exit != nil {
		text += fmt.Sprintf("; early exits save %.1f%% of the multiply-adds", 100*s.Exit.Saved)
	}
	return text
}

// WriteTables writes the summaries for people, with an empty line between nets.
func WriteTables(w io.Writer, all []Summary) error {
	var b bytes.Buffer
	for i, s := range all {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		fmt.Fprintln(&b, Headline(s))
		if s.Top5 != nil {
			fmt.Fprintln(&b, "among the first 5:", s.Top5)
		}
		if s.CrossEntropy != nil {
			fmt.Fprintf(&b, "cross-entropy: %.4f nats\n", *s.CrossEntropy)
		}
		tables := []func(*tabwriter.Writer){s.perClass, s.confusion}
		if s.Exit != nil {
			tables = append([]func(*tabwriter.Writer){s.exits}, tables...)
		}
		if s.Judge != nil {
			s.writeJudge(&b)
		}
		if s.Comparison != nil {
			tables = append(tables, s.comparison)
		}
		for _, table := range tables {
			t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
			table(t)
			t.Flush() // into memory: it cannot fail
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s *Summary) perClass(w *tabwriter.Writer) {
	if s.Labeled == 0 {
		fmt.Fprintf(w, "\nclass\tpredicted\t\n")
		for _, c := range s.Classes {
			fmt.Fprintf(w, "%s\t%d\t\n", c.Class, c.Predicted)
		}
		return
	}
	fmt.Fprintf(w, "\nclass\tn\tright\trecall\t95%% interval\tpredicted\tprecision\t\n")
	for _, c := range s.Classes {
		n, right, recall, interval, precision := 0, 0, "–", "–", "–"
		if r := c.Recall; r != nil {
			n, right = r.Of, r.Count
			recall, interval = stats.Percent(r.Share), stats.Percent(r.Interval[0])+" – "+stats.Percent(r.Interval[1])
		}
		if c.Precision != nil {
			precision = stats.Percent(c.Precision.Share)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%d\t%s\t\n", c.Class, n, right, recall, interval, c.Predicted, precision)
	}
}

// A confusion matrix of more classes than mostColumns does not fit a screen: then the most frequent mistakes are listed.
const (
	mostColumns  = 16
	mostMistakes = 20
)

func (s *Summary) confusion(w *tabwriter.Writer) {
	if s.Labeled == 0 {
		return
	}
	if len(s.Classes) > mostColumns {
		s.mistakes(w)
		return
	}
	n := map[[2]string]int{}
	for _, c := range s.Confusion {
		n[[2]string{c.Class, c.Predicted}] = c.N
	}
	rows, columns := s.labels()
	fmt.Fprintf(w, "\nis, seen as\t%s\t\n", strings.Join(columns, "\t"))
	for i, row := range s.Classes {
		fmt.Fprintf(w, "%s\t", rows[i])
		for _, column := range s.Classes {
			if v := n[[2]string{row.Class, column.Class}]; v > 0 {
				fmt.Fprintf(w, "%d\t", v)
			} else {
				fmt.Fprint(w, "·\t")
			}
		}
		fmt.Fprintln(w)
	}
}

// labels head the rows and columns of a confusion matrix: names, if all are as short as numbers are; else each row's name with
// the number of its column.
func (s *Summary) labels() (rows, columns []string) {
	const short = 3
	brief := true
	for i, c := range s.Classes {
		brief = brief && utf8.RuneCountInString(c.Class) <= short
		rows, columns = append(rows, fmt.Sprintf("%s %d", c.Class, i+1)), append(columns, strconv.Itoa(i+1))
	}
	if !brief {
		return rows, columns
	}
	for i, c := range s.Classes {
		rows[i], columns[i] = c.Class, c.Class
	}
	return rows, columns
}

func (s *Summary) mistakes(w *tabwriter.Writer) {
	wrong := slices.DeleteFunc(slices.Clone(s.Confusion), func(c measure.Confusion) bool { return c.Class == c.Predicted })
	slices.SortStableFunc(wrong, func(a, b measure.Confusion) int { return b.N - a.N })
	if len(wrong) == 0 {
		return
	}
	fmt.Fprintf(w, "\nis\tseen as\ttimes\t\n")
	for _, c := range wrong[:min(len(wrong), mostMistakes)] {
		fmt.Fprintf(w, "%s\t%s\t%d\t\n", c.Class, c.Predicted, c.N)
	}
	if rest := len(wrong) - mostMistakes; rest > 0 {
		fmt.Fprintf(w, "and %d other mistakes, less often\t\t\t\n", rest)
	}
}

func (s *Summary) writeJudge(w io.Writer) {
	j := s.Judge
	fmt.Fprintln(w, "\nthe judge predicts what the net predicts:", j.Agreement)
	if j.Targets != nil {
		fmt.Fprintln(w, "the judge sees what the image is meant to be:", j.Targets)
		fmt.Fprintf(w, "the probability that it gives to that: mean %.3f, median %.3f, least %.3f (n %d)\n",
			j.Probability.Mean, j.Probability.Median, j.Probability.Min, j.Probability.N)
	}
}

func (s *Summary) comparison(w *tabwriter.Writer) {
	c := s.Comparison
	fmt.Fprintf(w, "\nagainst the original\tn\tmedian\tmean\tleast\tmost\t\n")
	row := func(name string, d *stats.Distribution) {
		if d != nil {
			fmt.Fprintf(w, "%s\t%d\t%.4g\t%.4g\t%.4g\t%.4g\t\n", name, d.N, d.Median, d.Mean, d.Min, d.Max)
		}
	}
	row("PSNR in dB", c.PSNR)
	row("total variation", c.Variation)
	row("the original's", c.SourceVariation)
	row("ratio of these", c.Ratio)
	for _, layer := range slices.Sorted(maps.Keys(c.Error)) {
		row("error at "+layer, c.Error[layer])
	}
	if c.Exact > 0 {
		fmt.Fprintf(w, "exact copies, without PSNR\t%d\t\t\t\t\t\n", c.Exact)
	}
}

// exits shows where images leave, and what each head would do alone.
func (s *Summary) exits(w *tabwriter.Writer) {
	e := s.Exit
	fmt.Fprintf(w, "\nexit at %.4g\tmultiply-adds\tleave here\tright of these\tright alone\t\n", e.Threshold)
	cell := func(s *stats.Share) string {
		if s == nil {
			return "–"
		}
		return stats.Percent(s.Share)
	}
	for _, h := range e.Heads {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t\n", h.Head, h.MACs, cell(h.Left), cell(h.Accuracy), cell(h.Alone))
	}
	fmt.Fprintf(w, "mean\t%.0f\t\t%s\t\t\n", e.MACs, cell(s.Accuracy))
}
