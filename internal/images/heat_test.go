package images

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

func pair() *Batch {
	return &Batch{Items: []Item{{"name": "a"}, {"name": "b"}}, Height: 1, Width: 1, U8: make([]byte, 6)}
}

func TestHeatComesBack(t *testing.T) {
	b := pair()
	old := format.Of("alpha", []int{2, 1}, []float32{1, 2})
	b.Extra = []format.Tensor{format.Of(HeatTensor, []int{2, 1}, []float32{7, 7}), old}
	values := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	if err := b.SetHeat([]string{"layer1", "größe \"2\""}, format.Of("x", []int{2, 2, 1, 2}, values)); err != nil {
		t.Fatal(err)
	}
	d, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	again, err := FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	names, heat, err := again.Heat()
	if err != nil {
		t.Fatal(err)
	}
	got, err := format.Values[float32](&heat)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{[]string{"layer1", "größe \"2\""}, []int{2, 2, 1, 2}, values}, []any{names, heat.Shape, got}); diff != "" {
		t.Error(diff)
	}
	if len(again.Extra) != 2 {
		t.Errorf("%d extra tensors: the old heat must go, others stay", len(again.Extra))
	}
	if names, _, err := pair().Heat(); names != nil || err != nil {
		t.Errorf("no heat gives %v, %v", names, err)
	}
}

func TestHeatOfScripts(t *testing.T) {
	of := func(shape ...int) format.Tensor {
		n := 1
		for _, s := range shape {
			n *= s
		}
		return format.Of(HeatTensor, shape, make([]float32, n))
	}
	for _, test := range []struct {
		tensor format.Tensor
		meta   string
		want   string
	}{
		{of(2, 3, 4), "", "map 1"},
		{of(2, 2, 3, 4), "", "map 1, map 2"},
		{of(2, 2, 3, 4), `["fine","coarse"]`, "fine, coarse"},
		{of(2, 2, 3, 4), `["fine"]`, "1 names for 2 heat maps of each picture"},
		{of(2, 2, 3, 4), `[1,2]`, `metadata "heat": `},
		{of(2, 2, 3, 4), `["fine","coarse"] x`, `metadata "heat": `},
		{of(3, 2, 3, 4), "", `tensor "heat" is F32 [3 2 3 4], want F32 [2,S,h,w]`},
		{of(2, 4), "", `tensor "heat" is F32 [2 4], want`},
		{of(2, 0, 4, 4), "", `tensor "heat" is F32 [2 0 4 4], want`},
		{format.Of(HeatTensor, []int{2, 1, 1, 1}, make([]uint8, 2)), "", `tensor "heat" is U8`},
	} {
		b := pair()
		b.Extra = []format.Tensor{test.tensor}
		if test.meta != "" {
			b.Meta = map[string]string{HeatTensor: test.meta}
		}
		names, _, err := b.Heat()
		got := strings.Join(names, ", ")
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%v %s: %s, want %s", test.tensor.Shape, test.meta, got, test.want)
		}
	}
}
