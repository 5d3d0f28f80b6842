package measure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/random"
	"herbarium/internal/torchtest"
)

// topDown is a small net at 12, 24 and 48 pixels whose norms and biases are not those it starts with.
func topDown(t *testing.T) (*graph.Net, *Classifier) {
	t.Helper()
	in := graph.Shape{3, 48, 48}
	g, err := arch.BuildTopDown("td-resnet14", in, arch.TopDown{Widths: []int{6, 4, 3}}, arch.Options{Classes: 5, Mean: []float64{0.5, 0.4, 0.3}, Std: []float64{0.2, 0.2, 0.3}})
	if err != nil {
		t.Fatal(err)
	}
	params, err := arch.Init(g, in, 3)
	if err != nil {
		t.Fatal(err)
	}
	r := random.New(7)
	for name, p := range params {
		if !strings.Contains(name, "entry") && len(p.Shape) == 1 {
			v := make([]float32, p.Shape[0])
			for i := range v {
				v[i] = 0.5 + r.Float32()
			}
			params[name] = format.Of(name, p.Shape, v)
		}
	}
	model := &graph.Net{Graph: g, Params: params, Input: in, Classes: []string{"a", "b", "c", "d", "e"}}
	layers, err := HeadLayers(model)
	if err != nil {
		t.Fatal(err)
	}
	return model, classifier(t, model, layers...)
}

func noisy(n int) format.Tensor {
	r := random.New(9)
	v := make([]float32, n*3*48*48)
	for i := range v {
		v[i] = r.Float32()
	}
	return format.Of("image", []int{n, 3, 48, 48}, v)
}

// DESIGN section 7: mean(heat map) + bias is the logit, for every head and class, with norms folded as score has them.
func TestEvidenceAddsUpToTheLogits(t *testing.T) {
	torchtest.Pin(t)
	_, c := topDown(t)
	pictures := noisy(5)
	plain, err := c.Logits(pictures)
	if err != nil {
		t.Fatal(err)
	}
	logits, heat, err := c.Evidence(pictures, func(i int, logits [][]float32) (int, error) { return i, nil })
	if err != nil {
		t.Fatal(err)
	}
	values, err := format.Float32s(&heat)
	if err != nil || len(values) != 5*3*48*48 {
		t.Fatal(len(values), heat.Shape, err)
	}
	for i := range 5 {
		for h := range 3 {
			mean, spread := 0.0, 0.0
			for _, v := range values[(i*3+h)*48*48:][:48*48] {
				mean += float64(v) / (48 * 48)
				spread = math.Max(spread, math.Abs(float64(v)))
			}
			bias, err := c.Bias(h, i)
			if err != nil {
				t.Fatal(err)
			}
			if got := float64(logits[i][h][i]); math.Abs(mean+bias-got) > 1e-4 || spread < 1e-3 {
				t.Errorf("picture %d, head %d: mean %g + bias %g is not the logit %g", i, h, mean, bias, got)
			}
		}
		for k, v := range plain[i] {
			if math.Abs(float64(v-logits[i][2][k])) > 1e-5 {
				t.Errorf("picture %d: the last head is %g, the logits are %g", i, logits[i][2][k], v)
			}
		}
	}
}

// Going on with those pictures only that no head is sure about changes no answer: the heads up to there say what they say in
// a pass of all pictures through the whole net.
func TestHeadsUntilOneIsSure(t *testing.T) {
	torchtest.Pin(t)
	_, c := topDown(t)
	pictures := noisy(7)
	all, err := c.Heads(pictures)
	if err != nil {
		t.Fatal(err)
	}
	var first []float64 // how sure the first head is
	for _, heads := range all {
		first = append(first, Predict(heads[0]).Probability)
	}
	slices.Sort(first)
	differ := false
	for _, threshold := range []float64{0, (first[2] + first[3]) / 2, (first[5] + first[6]) / 2, 1.1} {
		logits, stages, err := c.HeadsUntil(pictures, threshold)
		if err != nil {
			t.Fatal(err)
		}
		reach := make([]int, 3)
		for i := range all {
			at := Leave(all[i], threshold)
			if len(logits[i]) != at+1 {
				t.Fatalf("at %g picture %d has %d heads, want %d", threshold, i, len(logits[i]), at+1)
			}
			for h, l := range logits[i] {
				reach[h]++
				for k, v := range l {
					if math.Abs(float64(v-all[i][h][k])) > 1e-5 {
						t.Errorf("at %g picture %d, head %d: logit %d is %g, want %g", threshold, i, h, k, v, all[i][h][k])
					}
				}
			}
		}
		for h, n := range reach {
			if stages[h].Pictures != n || (stages[h].Time > 0) != (n > 0) {
				t.Errorf("at %g stage %d: %+v, want %d pictures", threshold, h, stages[h], n)
			}
			differ = differ || n > 0 && n < 7
		}
	}
	if !differ {
		t.Error("no threshold parts the pictures")
	}
}

// The coarsest head depends on its own scale only: alone it says the same, and without it the same about all pictures.
func TestOnlyScale(t *testing.T) {
	torchtest.Pin(t)
	model, c := topDown(t)
	pictures := noisy(2)
	heads := func(rows int) [][][]float32 {
		only, err := OnlyScale(model, rows)
		if err != nil {
			t.Fatal(err)
		}
		layers, _ := HeadLayers(only)
		logits, err := classifier(t, only, layers...).Heads(pictures)
		if err != nil {
			t.Fatal(err)
		}
		return logits
	}
	all, err := c.Heads(pictures)
	if err != nil {
		t.Fatal(err)
	}
	coarse, fine := heads(12), heads(48)
	for k := range 5 {
		if coarse[0][0][k] != all[0][0][k] || coarse[1][2][k] == all[1][2][k] {
			t.Errorf("class %d: the coarse scale alone gives %g and %g, all scales %g and %g", k, coarse[0][0][k], coarse[1][2][k], all[0][0][k], all[1][2][k])
		}
		if fine[0][0][k] != fine[1][0][k] || fine[0][2][k] == fine[1][2][k] {
			t.Errorf("class %d: without the coarse scale its head says %g and %g", k, fine[0][0][k], fine[1][0][k])
		}
	}
	if _, err := OnlyScale(model, 16); err == nil || err.Error() != "no scale 16 in this net; it has 12, 24, 48" {
		t.Error(err)
	}
	plain, _ := reference(t)
	if _, err := OnlyScale(plain, 16); err == nil || !strings.Contains(err.Error(), "one scale only") {
		t.Error(err)
	}
	if _, err := HeadLayers(plain); err == nil {
		t.Error("a net without heads has them")
	}
}
