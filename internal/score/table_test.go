package score

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/measure"
	"herbarium/internal/stats"
)

// written is what WriteTables makes of summaries, without the blanks that pad its columns.
func written(t *testing.T, all ...Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTables(&b, all); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestTables(t *testing.T) {
	nats := 0.25
	s := Summary{Summary: measure.Summary{Images: 5, Labeled: 4, Accuracy: stats.NewShare(3, 4), CrossEntropy: &nats,
		Classes:   []measure.PerClass{{Class: "daisy", Recall: stats.NewShare(1, 2), Precision: stats.NewShare(1, 1), Predicted: 1}, {Class: "rose", Recall: stats.NewShare(2, 2), Precision: stats.NewShare(2, 3), Predicted: 4}},
		Confusion: []measure.Confusion{{Class: "daisy", Predicted: "daisy", N: 1}, {Class: "daisy", Predicted: "rose", N: 1}, {Class: "rose", Predicted: "rose", N: 2}}}}
	s.Exit = &ExitSummary{Threshold: 0.9, MACs: 81, Saved: 0.25, Heads: []measure.Exit{{Head: "head8", MACs: 72, Left: stats.NewShare(3, 4), Alone: stats.NewShare(1, 4)}}}
	s.Judge = &JudgeSummary{Agreement: stats.NewShare(1, 2)}
	s.Comparison = &ComparisonSummary{Exact: 2, PSNR: stats.Distribute([]float64{20, 30}), Variation: stats.Distribute([]float64{1}), SourceVariation: stats.Distribute([]float64{2})}
	want := `right: 75.0% (3 of 4; 95% interval 30.1% to 95.4%); 1 more images have no label; early exits save 25.0% of the multiply-adds
cross-entropy: 0.2500 nats

the judge predicts what the net predicts: 50.0% (1 of 2; 95% interval 9.5% to 90.5%)

exit at 0.9 multiply-adds leave here right of these right alone
head8 72 75.0% – 25.0%
mean 81 75.0%

class n right recall 95% interval predicted precision
daisy 2 1 50.0% 9.5% – 90.5% 1 100.0%
rose 2 2 100.0% 34.2% – 100.0% 4 66.7%

is, seen as 1 2
daisy 1 1 1
rose 2 · 2

against the original n median mean least most
PSNR in dB 2 25 25 20 30
total variation 1 1 1 1 1
the original's 1 2 2 2 2
exact copies, without PSNR 2`
	if diff := cmp.Diff(want, written(t, s)); diff != "" {
		t.Error(diff)
	}
	// Classes that are called 0 and 1 are not numbered beside.
	digits := Summary{Summary: measure.Summary{Images: 1, Labeled: 1, Accuracy: stats.NewShare(0, 1), Classes: []measure.PerClass{{Class: "0"}, {Class: "1"}},
		Confusion: []measure.Confusion{{Class: "0", Predicted: "1", N: 1}}}}
	if got := written(t, digits); !strings.Contains(got, "is, seen as 0 1\n0 · 1\n1 · ·") {
		t.Error(got)
	}
	none := Summary{Summary: measure.Summary{Images: 2, Classes: []measure.PerClass{{Class: "rose", Predicted: 2}}}}
	if diff := cmp.Diff("2 images without label\n\nclass predicted\nrose 2\n\n2 images without label\n\nclass predicted\nrose 2", written(t, none, none)); diff != "" {
		t.Error(diff)
	}
	none.Unnamed = true
	if got := Headline(none); got != "2 images; the net's classes have no names that labels could be compared with" {
		t.Error(got)
	}
}

// Of many classes the most frequent mistakes are listed.
func TestMistakes(t *testing.T) {
	s := Summary{Summary: measure.Summary{Images: 1000, Labeled: 1000, Accuracy: stats.NewShare(10, 1000)}}
	for i := range 30 {
		name := fmt.Sprint("class", i)
		s.Classes = append(s.Classes, measure.PerClass{Class: name})
		s.Confusion = append(s.Confusion, measure.Confusion{Class: name, Predicted: name, N: 1000}, measure.Confusion{Class: name, Predicted: "x", N: i})
	}
	text := written(t, s)
	_, list, _ := strings.Cut(text, "is seen as times\n")
	if !strings.HasPrefix(list, "class29 x 29\nclass28 x 28\n") || !strings.HasSuffix(list, "class10 x 10\nand 10 other mistakes, less often") {
		t.Error(text)
	}
}
