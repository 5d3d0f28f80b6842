package robustness

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/attack"
)

// compared is a result of four items beside that of another net.
func compared() *Result {
	r := newResult("a", attack.Plan{Eps: []float64{4.0 / 255}, Attacks: []attack.Attack{attack.FGSM(), attack.PGD(1)}})
	other := newResult("b", attack.Plan{Eps: []float64{4.0 / 255}, Attacks: []attack.Attack{attack.FGSM(), attack.PGD(1)}})
	found := func(by string) attack.Result {
		return attack.Result{Broken: true, Attack: by, Eps: 4.0 / 255, Linf: 0.01, L2: 0.1}
	}
	add := func(r *Result, results ...attack.Result) {
		r.add(&attack.Problem{Items: make([]attack.Item, 5), Results: results, ZeroGrad: []bool{true, true, false, false, false}, Passes: attack.Passes{Forward: 7, Backward: 2}}, []int{1, 2, 3, 4})
		r.sum()
	}
	none := attack.Result{}
	add(&r, found("fgsm"), attack.Result{Broken: true}, found("pgd"), none, none)
	add(&other, found("fgsm"), none, found("fgsm"), found("fgsm"), none)
	r.CompareWith(&other)
	r.Verdict = []attack.Check{{Name: "FGSM breaks more than PGD", Measured: 0, Limit: 1, Unit: "items", Of: 4, Passed: true},
		{Name: "gradients that are zero", Measured: 25, Limit: 1, Unit: "percent", Of: 4, Reason: "the net hides its gradients"}}
	return &r
}

func TestTables(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTables(&b, []*Result{compared()}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := `before any attack: 75.0% (3 of 4; 95% interval 30.1% to 95.4%)
left out, because they are of their target's class: 1

linf attack attacked broken withstand 95% interval
4/255 fgsm 3 0 3 75.0%
4/255 pgd 3 1 2 50.0% 15.0% – 85.0%

distance of adversarial images (linf): median 0.01, mean 0.01, 0.01 to 0.01 (n 1)
images through the net: 7 forward, 2 backward

the other net
before any attack: 100.0% (4 of 4; 95% interval 51.0% to 100.0%)
left out, because they are of their target's class: 1

linf attack attacked broken withstand 95% interval
4/255 fgsm 4 2 2 50.0%
4/255 pgd 2 0 2 50.0% 15.0% – 85.0%

distance of adversarial images (linf): median 0.01, mean 0.01, 0.01 to 0.01 (n 2)
images through the net: 7 forward, 2 backward

linf this net minus the other
4/255 +0.0 points (95% interval -56.6 to +56.6; only this net withstands on 1, only the other on 1 of 4)

verdict measured at most of
FGSM breaks more than PGD 0 items 1 items 4 passed
gradients that are zero 25% 1% 4 FAILED: the net hides its gradients`
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestHeadlinesAndFailure(t *testing.T) {
	r := compared()
	want := []string{"before: 75.0% (3 of 4; 95% interval 30.1% to 95.4%)", "linf 4/255: 50.0% (2 of 4; 95% interval 15.0% to 85.0%)",
		"linf 4/255, compared: +0.0 points (95% interval -56.6 to +56.6; only this net withstands on 1, only the other on 1 of 4)",
		"verdict: gradients that are zero: 25%, at most 1% of 4", "verdict: 1 of 2 checks passed"}
	if diff := cmp.Diff(want, Headlines(r)); diff != "" {
		t.Error(diff)
	}
	if err := r.Failure(); err == nil || err.Error() != "verdict: gradients that are zero: 25%, at most 1% of 4: the net hides its gradients" {
		t.Error(err)
	}
	r.Verdict = r.Verdict[:1]
	if err := r.Failure(); err != nil {
		t.Error(err)
	}
}

// Curves begin at eps 0, in 255ths for L-inf.
func TestCurvePoints(t *testing.T) {
	p := curvePoints(compared())
	if len(p.XYs) != 2 || p.XYs[0].X != 0 || p.XYs[0].Y != 75 || p.XYs[1].X != 4 || p.XYs[1].Y != 50 {
		t.Errorf("%+v", p.XYs)
	}
	if plot, err := PlotCurves([]*Result{compared()}, "", ""); err != nil || plot.X.Label.Text != "eps in 255ths (linf)" {
		t.Error(err)
	}
}
