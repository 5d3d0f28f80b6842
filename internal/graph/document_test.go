package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"herbarium/format"
)

func smallNet(t testing.TB) *Net {
	return &Net{
		Graph:   small(),
		Params:  weights(t, small(), Shape{3, 8, 8}),
		Stats:   map[string]format.Tensor{"color": format.Of("color", []int{2}, []float64{1, 2}), "max.fc": format.Of("max.fc", []int{2}, []float32{3, 4})},
		Classes: []string{"rose", "black-eyed susan"},
		Input:   Shape{3, 8, 8},
		Prepare: &Prepare{Resize: 9, Crop: 8, Interpolation: "bicubic"},
		Arch:    "resnet0",
		History: json.RawMessage(`[{"epoch":1,"loss":0.5}]`),
		Meta:    map[string]string{"prov": "[]"},
	}
}

// renamed gives tensors the names that a document gives them.
func renamed(n *Net) *Net {
	for name, t := range n.Stats {
		t.Name = "stat." + name
		n.Stats[name] = t
	}
	return n
}

func TestNetSurvivesTheStream(t *testing.T) {
	d, err := smallNet(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{})
	if err := errors.Join(w.Write(d), w.Close()); err != nil {
		t.Fatal(err)
	}
	arrived, err := format.NewReader(&b, format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	got, err := FromDocument(arrived)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(renamed(smallNet(t)), got); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentKeys(t *testing.T) {
	d, err := smallNet(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	graph := d.Meta["graph"]
	delete(d.Meta, "graph")
	want := map[string]string{"kind": "net", "classes": `["rose","black-eyed susan"]`, "input": "[3,8,8]", "arch": "resnet0",
		"prepare": `{"resize":9,"crop":8,"interpolation":"bicubic"}`, "history": `[{"epoch":1,"loss":0.5}]`, "prov": "[]"}
	if diff := cmp.Diff(want, d.Meta); diff != "" {
		t.Error(diff)
	}
	if _, err := Parse([]byte(graph)); err != nil {
		t.Error(err)
	}
	bare := smallNet(t)
	bare.Classes, bare.History, bare.Stats, bare.Meta, bare.Arch, bare.Prepare = nil, nil, nil, nil, "", nil
	d, err = bare.Document()
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Meta) != 3 {
		t.Errorf("metadata %v, want kind, graph and input only", d.Meta)
	}
	got, err := FromDocument(d)
	if err != nil || got.Classes != nil || got.History != nil || got.Prepare != nil {
		t.Errorf("classes %v history %s, %v", got.Classes, got.History, err)
	}
}

func TestBadNets(t *testing.T) {
	tensor := func(d *format.Document, name string) *format.Tensor { return d.Tensor(name) }
	drop := func(d *format.Document, name string) {
		for i := range d.Tensors {
			if d.Tensors[i].Name == name {
				d.Tensors = append(d.Tensors[:i], d.Tensors[i+1:]...)
				return
			}
		}
		panic("no tensor " + name)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	tests := []struct {
		name   string
		change func(d *format.Document)
		want   string
	}{
		{"another kind", func(d *format.Document) { d.Meta["kind"] = "images" }, `kind "images", not "net"`},
		{"no graph", func(d *format.Document) { delete(d.Meta, "graph") }, "lacks graph or input"},
		{"no input", func(d *format.Document) { delete(d.Meta, "input") }, "lacks graph or input"},
		{"broken graph", func(d *format.Document) { d.Meta["graph"] = "{" }, "graph: unexpected EOF"},
		{"broken input", func(d *format.Document) { d.Meta["input"] = `["3"]` }, "input: a string"},
		{"negative input", func(d *format.Document) { d.Meta["input"] = `[3,-8,8]` }, "-8 is not within"},
		{"input of other channels", func(d *format.Document) { d.Meta["input"] = `[1,8,8]` }, `node "normalize"`},
		{"broken classes", func(d *format.Document) { d.Meta["classes"] = `{}` }, "classes: a object"},
		{"class twice", func(d *format.Document) { d.Meta["classes"] = `["a","a"]` }, `"a" is empty or appears twice`},
		{"class without name", func(d *format.Document) { d.Meta["classes"] = `["a",""]` }, `"" is empty`},
		{"too many classes", func(d *format.Document) { d.Meta["classes"] = `["a","b","c"]` }, "3 names for 2 logits"},
		{"no classes", func(d *format.Document) { d.Meta["classes"] = `[]` }, "0 names for 2 logits"},
		{"broken history", func(d *format.Document) { d.Meta["history"] = `epoch 1` }, "history: not JSON"},
		{"prepare that is no object", func(d *format.Document) { d.Meta["prepare"] = `[]` }, "prepare: a array"},
		{"prepare with an unknown key", func(d *format.Document) { d.Meta["prepare"] = `{"resize":8,"crop":8,"Interpolation":"bilinear"}` }, `prepare: unknown key "Interpolation"`},
		{"prepare with a key twice", func(d *format.Document) { d.Meta["prepare"] = `{"crop":8,"crop":8}` }, `prepare: key "crop" appears twice`},
		{"prepare without crop", func(d *format.Document) { d.Meta["prepare"] = `{"resize":8,"interpolation":"bilinear"}` }, "prepare: crop 0 is not within"},
		{"prepare to the moon", func(d *format.Document) {
			d.Meta["prepare"] = `{"resize":99999999,"crop":8,"interpolation":"bilinear"}`
		}, "prepare: resize 99999999"},
		{"prepare that crops more than there is", func(d *format.Document) { d.Meta["prepare"] = `{"resize":7,"crop":8,"interpolation":"bilinear"}` }, "prepare: resize 7 is below crop 8"},
		{"prepare by another filter", func(d *format.Document) { d.Meta["prepare"] = `{"resize":8,"crop":8,"interpolation":"cubic"}` }, `prepare: interpolation "cubic" is none of bilinear, bicubic`},
		{"prepare for another input", func(d *format.Document) { d.Meta["prepare"] = `{"resize":9,"crop":9,"interpolation":"bilinear"}` }, "prepare: crop 9 makes no input of 3x8x8"},
		{"missing", func(d *format.Document) { drop(d, "fc.bias"); drop(d, "bn1.running_var") }, "2 missing: bn1.running_var, fc.bias"},
		{"unexpected", func(d *format.Document) {
			d.Tensors = append(d.Tensors, format.Of("head.bias", []int{1}, []float32{1}), format.Of("a", []int{1}, []float32{1}))
		}, "2 unexpected: a, head.bias"},
		{"misshapen", func(d *format.Document) { tensor(d, "fc.weight").Shape = []int{4, 2} }, "1 misshapen: fc.weight is F32 4x2, not F32 2x4"},
		{"mistyped", func(d *format.Document) { tensor(d, "fc.bias").DType = format.I32 }, "fc.bias is I32 2, not F32 2"},
		{"all at once", func(d *format.Document) {
			drop(d, "fc.bias")
			tensor(d, "bn1.bias").Name = "bn1.beta"
			tensor(d, "fc.weight").Shape = []int{8}
		}, "2 missing: bn1.bias, fc.bias; 1 unexpected: bn1.beta; 1 misshapen: fc.weight is F32 8"},
		{"counter of no norm", func(d *format.Document) {
			d.Tensors = append(d.Tensors, format.Of("fc.num_batches_tracked", nil, []int64{1}))
		}, "unexpected: fc.num_batches_tracked"},
		{"counter that counts in fractions", func(d *format.Document) {
			d.Tensors = append(d.Tensors, format.Of("bn1.num_batches_tracked", nil, []float32{1}))
		}, "unexpected: bn1.num_batches_tracked"},
		{"NaN", func(d *format.Document) {
			*tensor(d, "bn1.bias") = format.Of("bn1.bias", []int{4}, []float32{0, 1, nan, 0})
		}, `tensor "bn1.bias": element 2 is NaN`},
		{"infinite", func(d *format.Document) { *tensor(d, "fc.bias") = format.Of("fc.bias", []int{2}, []float32{inf, 0}) }, `tensor "fc.bias": element 0 is NaN or infinite`},
		{"a variance below zero", func(d *format.Document) {
			*tensor(d, "bn1.running_var") = format.Of("bn1.running_var", []int{4}, []float32{1, 0, -1, 1})
		}, `tensor "bn1.running_var": element 2 is -1, which is no variance`},
		{"NaN statistics", func(d *format.Document) {
			*tensor(d, "stat.color") = format.Of("stat.color", []int{1}, []float64{math.NaN()})
		}, `tensor "stat.color": element 0`},
		{"short data", func(d *format.Document) { tensor(d, "fc.bias").Data = tensor(d, "fc.bias").Data[:4] }, `tensor "fc.bias": 4 bytes of data for F32 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := smallNet(t).Document()
			if err != nil {
				t.Fatal(err)
			}
			tt.change(d)
			_, err = FromDocument(d)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than one line: %q", err)
			}
		})
	}
}

func TestMismatchCanBeTakenApart(t *testing.T) {
	n := smallNet(t)
	delete(n.Params, "fc.bias")
	_, err := n.Document()
	var m *Mismatch
	if !errors.As(err, &m) || len(m.Missing) != 1 || m.Unexpected != nil || m.Misshapen != nil {
		t.Errorf("error %v", err)
	}
}

// A net whose training went wrong must not leave the tool as if it were one.
func TestDocumentRefusesNaN(t *testing.T) {
	n := smallNet(t)
	n.Params["fc.bias"] = format.Of("fc.bias", []int{2}, []float32{0, float32(math.NaN())})
	if _, err := n.Document(); err == nil || !strings.Contains(err.Error(), `"fc.bias"`) {
		t.Errorf("error %v", err)
	}
	if _, err := (&Net{}).Document(); err == nil {
		t.Error("a net without graph was written")
	}
}

// A state_dict written by a PyTorch script has counters, which nothing here needs.
func TestCountersAreDropped(t *testing.T) {
	d, err := smallNet(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	d.Tensors = append(d.Tensors, format.Of("bn1.num_batches_tracked", []int{}, []int64{9}))
	n, err := FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := n.Params["bn1.num_batches_tracked"]; ok {
		t.Error("the counter became a parameter")
	}
}

// A listing reads headers only.
func TestFromHeaderNeedsNoBody(t *testing.T) {
	d, err := smallNet(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Tensors {
		d.Tensors[i].Data = nil
	}
	if _, err := FromHeader(d); err != nil {
		t.Error(err)
	}
	if _, err := FromDocument(d); err == nil {
		t.Error("FromDocument took a net without numbers")
	}
}

func TestCheckFinite(t *testing.T) {
	bits := func(dtype format.DType, data ...byte) format.Tensor {
		return format.Tensor{DType: dtype, Shape: []int{len(data) / dtype.Size()}, Data: data}
	}
	for _, tt := range []struct {
		name string
		t    format.Tensor
		ok   bool
	}{
		{"largest float32", format.Of("", []int{1}, []float32{math.MaxFloat32}), true},
		{"infinite float64", format.Of("", []int{2}, []float64{0, math.Inf(1)}), false},
		{"largest float16", bits(format.F16, 0xff, 0x7b), true},
		{"infinite float16", bits(format.F16, 0x00, 0x7c), false},
		{"largest bfloat16", bits(format.BF16, 0x7f, 0x7f), true},
		{"bfloat16 NaN", bits(format.BF16, 0xc0, 0x7f), false},
		{"integers", bits(format.U8, 255, 255), true},
		{"no elements", format.Of("", []int{0}, []float32{}), true},
		{"unknown type", format.Tensor{DType: "F8", Shape: []int{0}}, false},
	} {
		if err := CheckFinite("t", tt.t); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
