package images

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

// small is a batch of two 2x3 pictures.
func small() *Batch {
	b := &Batch{Height: 2, Width: 3, Classes: []string{"daisy", "rose"}, Labels: []int64{1, NoLabel},
		Items: []Item{{"name": "a.jpg", "score": 0.25}, {"name": "b & <c>.png", "kept": []any{"x", true, nil}}}}
	for i := range 2 * 3 * 2 * 3 {
		b.U8 = append(b.U8, byte(7*i))
	}
	return b
}

// throughStream writes documents as a stream and reads them back.
func throughStream(t *testing.T, docs ...*format.Document) []*format.Document {
	t.Helper()
	var buf bytes.Buffer
	w := format.NewWriter(&buf, format.WriterOptions{})
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := format.NewReader(&buf, format.Limits{})
	var out []*format.Document
	for range docs {
		d, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

func mustDocument(t *testing.T, b *Batch) *format.Document {
	t.Helper()
	d, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRoundTrip(t *testing.T) {
	floats := small()
	floats.F32, floats.U8 = make([]float32, len(floats.U8)), nil
	for i := range floats.F32 {
		floats.F32[i] = float32(i) / 36
	}
	bare := small()
	bare.Classes, bare.Labels = nil, nil
	rich := small()
	rich.Extra = []format.Tensor{format.Of("alpha", []int{2, 2, 3}, make([]float32, 12))}
	rich.Meta = map[string]string{"prov": "[]", "unknown": "kept as it is"}
	for name, b := range map[string]*Batch{"U8": small(), "F32": floats, "unlabeled": bare, "extra": rich} {
		got, err := FromDocument(throughStream(t, mustDocument(t, b))[0])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := mustDocument(t, b)
		if diff := cmp.Diff(want, mustDocument(t, got)); diff != "" {
			t.Errorf("%s: the document changed (-want +got):\n%s", name, diff)
		}
		if got.Class(0) != b.Class(0) || got.Class(1) != "" {
			t.Errorf("%s: classes %q, %q", name, got.Class(0), got.Class(1))
		}
	}
}

// Numbers that a tool does not know are written back digit by digit.
func TestNumbersKeepTheirDigits(t *testing.T) {
	b := small()
	d := mustDocument(t, b)
	const items = `[{"big":12345678901234567890,"exact":0.10,"name":"a"},{"name":"b"}]`
	d.Meta["items"] = items
	got, err := FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	if back := mustDocument(t, got).Meta["items"]; back != items {
		t.Errorf("items became %s", back)
	}
	if v, ok := got.Items[0].Number("exact"); !ok || v != 0.1 {
		t.Errorf("exact is %v, %v", v, ok)
	}
}

func TestNumber(t *testing.T) {
	it := Item{"f64": 1.5, "f32": float32(2.5), "int": 3, "i64": int64(4), "u64": uint64(5), "json": json.Number("6.5"), "text": "7"}
	for key, want := range map[string]float64{"f64": 1.5, "f32": 2.5, "int": 3, "i64": 4, "u64": 5, "json": 6.5} {
		if v, ok := it.Number(key); !ok || v != want {
			t.Errorf("%s is %v, %v; want %v", key, v, ok, want)
		}
	}
	for _, key := range []string{"text", "absent"} {
		if _, ok := it.Number(key); ok {
			t.Errorf("%s is a number", key)
		}
	}
	c := it.Clone()
	c["int"] = 0
	if v, _ := it.Number("int"); v != 3 {
		t.Error("a clone shares keys")
	}
}

func TestStrictness(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*format.Document)
		want   string
	}{
		"kind":              {func(d *format.Document) { d.Meta["kind"] = "net" }, `kind is "net"`},
		"no image":          {func(d *format.Document) { d.Tensors = d.Tensors[1:] }, `no tensor "image"`},
		"two channels":      {func(d *format.Document) { d.Tensors[0] = format.Of("image", []int{2, 2, 2, 3}, make([]byte, 24)) }, "want [N,1,H,W] or [N,3,H,W]"},
		"no pixels":         {func(d *format.Document) { d.Tensors[0] = format.Of("image", []int{2, 3, 0, 3}, []byte{}) }, "has no pixels"},
		"F64":               {func(d *format.Document) { d.Tensors[0] = format.Of("image", []int{2, 3, 1, 1}, make([]float64, 6)) }, "dtype F64"},
		"label type":        {func(d *format.Document) { d.Tensors[1] = format.Of("label", []int{2}, []int32{0, 1}) }, "label"},
		"label shape":       {func(d *format.Document) { d.Tensors[1] = format.Of("label", []int{2, 1}, []int64{0, 1}) }, "want [N]"},
		"label count":       {func(d *format.Document) { d.Tensors[1] = format.Of("label", []int{1}, []int64{0}) }, "1 labels for 2"},
		"label range":       {func(d *format.Document) { d.Tensors[1] = format.Of("label", []int{2}, []int64{0, 2}) }, "item 1 (b & <c>.png): label 2"},
		"label below":       {func(d *format.Document) { d.Tensors[1] = format.Of("label", []int{2}, []int64{-2, 0}) }, "item 0 (a.jpg): label -2"},
		"no classes":        {func(d *format.Document) { delete(d.Meta, "classes") }, "there are 0 classes"},
		"class twice":       {func(d *format.Document) { d.Meta["classes"] = `["a","a"]` }, `"a" occurs twice`},
		"nameless class":    {func(d *format.Document) { d.Meta["classes"] = `["a",""]` }, "class 1 has no name"},
		"classes no list":   {func(d *format.Document) { d.Meta["classes"] = `{}` }, `metadata "classes"`},
		"items trailing":    {func(d *format.Document) { d.Meta["items"] += "x" }, `metadata "items"`},
		"items cut":         {func(d *format.Document) { d.Meta["items"] = `[{}` }, `metadata "items"`},
		"items count":       {func(d *format.Document) { d.Meta["items"] = `[{}]` }, "1 items for 2"},
		"items not objects": {func(d *format.Document) { d.Meta["items"] = `[1,2]` }, `metadata "items"`},
	} {
		d := mustDocument(t, small())
		test.change(d)
		_, err := FromDocument(d)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

func TestMissingItemsAreEmpty(t *testing.T) {
	d := mustDocument(t, small())
	d.Meta["items"] = `[null,{"name":"b"}]`
	b, err := FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	b.Items[0]["name"] = "can be written to"
	delete(d.Meta, "items")
	if b, err = FromDocument(d); err != nil || b.Len() != 2 {
		t.Errorf("without items: %v", err)
	}
}

func TestDocumentNamesTheItemThatCannotBeWritten(t *testing.T) {
	b := small()
	b.Items[1]["loss"] = math.NaN() // a number that is none is left out
	d, err := b.Document()
	if err != nil || strings.Contains(d.Meta["items"], "loss") {
		t.Errorf("items %s, error %v", d.Meta["items"], err)
	}
	b.Items[1]["loss"] = func() {}
	if _, err := b.Document(); err == nil || !strings.Contains(err.Error(), "item 1 (b & <c>.png): ") {
		t.Errorf("error %v, want one that names the item", err)
	}
	b = small()
	b.U8 = b.U8[1:]
	if _, err := b.Document(); err == nil {
		t.Error("a batch without enough pixels was written")
	}
}

func TestImage(t *testing.T) {
	b := small()
	m := b.Image(1)
	if got, want := m.Bounds().Dx(), 3; got != want {
		t.Errorf("width %d, want %d", got, want)
	}
	at := m.NRGBAAt(2, 1) // pixel 5 of the second picture: planes begin at 18, 24 and 30
	if want := [4]byte{7 * 23, 7 * 29, byte(7 * 35 & 255), 255}; [4]byte{at.R, at.G, at.B, at.A} != want {
		t.Errorf("pixel %v, want %v", at, want)
	}
	nan := float32(math.NaN())
	f := &Batch{Height: 1, Width: 2, Items: []Item{{}}, F32: []float32{0.5, 2, -1, nan, 1, 0.001}}
	if got, want := f.Image(0).Pix, []byte{128, 0, 255, 255, 255, 0, 0, 255}; !bytes.Equal(got, want) {
		t.Errorf("pixels %v, want %v", got, want)
	}
}
