package fit

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// Photos of one color each: what is cut in has the other photo's color, in one rectangle, and the labels count by area.
func TestCutMixCountsAreas(t *testing.T) {
	s := torchtest.Pin(t)
	const n, height, width = 6, 10, 14
	colors := make([]float32, n)
	for i := range colors {
		colors[i] = float32(i+1) / 8
	}
	x := s.Add(s.Zeros([]int{n, 3, height, width}, torch.F32, torch.CPU), torch.From(s, []int{n, 1, 1, 1}, colors))
	y := torch.From(s, []int{n}, []int64{3, 1, 4, 1, 5, 2})
	photos := []int{7, 9, 2, 4, 30, 31}

	same, plain := Augment{}.mix(s, x, y, 1, photos, 0)
	if !cmp.Equal(torch.Read[float32](s, same), torch.Read[float32](s, x)) || len(plain) != 1 || plain[0].weight.Defined() {
		t.Error("photos were mixed that were not to be")
	}

	mixed, shows := Augment{CutMix: 0.7}.mix(s, x, y, 1, photos, 3)
	if got := torch.Read[int64](s, shows[1].class); !cmp.Equal(got, []int64{2, 5, 1, 4, 1, 3}) {
		t.Errorf("the other photos' classes are %v", got)
	}
	own, other := torch.Read[float32](s, shows[0].weight), torch.Read[float32](s, shows[1].weight)
	cut := 0
	for i, image := range slices.Collect(slices.Chunk(torch.Read[float32](s, mixed), 3*height*width)) {
		foreign, top, bottom, left, right := 0, height, -1, width, -1
		for k, v := range image {
			row, column := k/width%height, k%width
			switch v {
			case colors[i]:
			case colors[n-1-i]:
				foreign++
				top, bottom, left, right = min(top, row), max(bottom, row), min(left, column), max(right, column)
			default:
				t.Fatalf("photo %d: a value %v", i, v)
			}
		}
		if foreign > 0 {
			cut++
			if box := 3 * (bottom - top + 1) * (right - left + 1); box != foreign {
				t.Errorf("photo %d: %d foreign values in a box of %d", i, foreign, box)
			}
		}
		if want := float64(foreign) / (3 * height * width); math.Abs(float64(other[i])-want) > 1e-6 || math.Abs(float64(own[i])-1+want) > 1e-6 {
			t.Errorf("photo %d: weights %v and %v, %v foreign", i, own[i], other[i], want)
		}
	}
	if cut == 0 || cut == n {
		t.Errorf("%d of %d photos were cut into, at a share of 0.7", cut, n)
	}
	again, _ := Augment{CutMix: 0.7}.mix(s, x, y, 1, photos, 3)
	later, _ := Augment{CutMix: 0.7}.mix(s, x, y, 1, photos, 4)
	if !cmp.Equal(torch.Read[float32](s, mixed), torch.Read[float32](s, again)) || cmp.Equal(torch.Read[float32](s, mixed), torch.Read[float32](s, later)) {
		t.Error("the cuts are not a function of seed, photo and epoch")
	}
}

// The loss of a photo of two classes is the cross-entropy with the mixed distribution; weights of classes multiply each part.
func TestTwoLabels(t *testing.T) {
	s := torchtest.Pin(t)
	logits := torch.From(s, []int{2, 3}, []float32{2, -1, 0.5, 0, 1, 3})
	y := labels{
		{torch.From(s, []int{2}, []int64{0, 1}), torch.From(s, []int{2}, []float32{0.75, 1})},
		{torch.From(s, []int{2}, []int64{2, 2}), torch.From(s, []int{2}, []float32{0.25, 0})},
	}
	p := func(row []float64, k int) float64 { // -log softmax
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(v)
		}
		return math.Log(sum) - row[k]
	}
	a, b := []float64{2, -1, 0.5}, []float64{0, 1, 3}
	near := func(what string, got torch.Tensor, want ...float64) {
		for i, v := range torch.Read[float32](s, got) {
			if math.Abs(float64(v)-want[i]) > 1e-5 {
				t.Errorf("%s %d is %v, want %v", what, i, v, want[i])
			}
		}
	}
	near("loss", y.crossEntropy(s, logits, 0), 0.75*p(a, 0)+0.25*p(a, 2), p(b, 1))
	counted := y.weighted(s, torch.From(s, []int{3}, []float32{2, 3, 10}))
	near("weighted loss", counted.crossEntropy(s, logits, 0), 2*0.75*p(a, 0)+10*0.25*p(a, 2), 3*p(b, 1))
	if got := y.hits(s, logits); got != 0.75 { // the second photo is taken for class 2, of which it has no part
		t.Errorf("%v hits, want 0.75", got)
	}
}
