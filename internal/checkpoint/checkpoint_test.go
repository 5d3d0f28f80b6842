package checkpoint

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A content is what PyTorch says of a file: dictionaries by path, of tensors by name, each dtype, shape and values.
type content map[string]map[string][3]any

var torchNames = map[format.DType]string{format.F64: "float64", format.F32: "float32", format.F16: "float16", format.BF16: "bfloat16",
	format.I64: "int64", format.I32: "int32", format.I16: "int16", format.I8: "int8", format.U8: "uint8", format.Bool: "bool"}

// describe is a file as the package reads it.
func describe(t *testing.T, dicts []Dict) content {
	t.Helper()
	c := content{}
	for _, d := range dicts {
		c[d.Path] = map[string][3]any{}
		for _, tensor := range d.Tensors {
			shape, values := []any{}, []any{}
			for _, d := range tensor.Shape {
				shape = append(shape, float64(d))
			}
			for _, v := range elements(t, tensor) {
				values = append(values, v)
			}
			c[d.Path][tensor.Name] = [3]any{torchNames[tensor.DType], shape, values}
		}
	}
	return c
}

// elements reads integers too, which Float32s refuses.
func elements(t *testing.T, tensor Tensor) []float64 {
	t.Helper()
	var out []float64
	if v, err := tensor.Float32s(); err == nil {
		for _, x := range v {
			out = append(out, float64(x))
		}
		return out
	}
	b := tensor.gather()
	size := tensor.DType.Size()
	for i := 0; i < len(b); i += size {
		if v, ok := integer(b[i : i+size]).(int64); ok {
			out = append(out, float64(v))
		}
	}
	return out
}

func TestReadsWhatPyTorchSaves(t *testing.T) {
	var want map[string]content
	if err := json.Unmarshal(load(t, "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want) < 10 {
		t.Fatalf("only %d files", len(want))
	}
	for name, expected := range want {
		dicts, err := Read(load(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(expected, describe(t, dicts)); diff != "" {
			t.Errorf("%s: PyTorch (-) and here (+):\n%s", name, diff)
		}
	}
}

func TestReadsSafetensors(t *testing.T) {
	var b bytes.Buffer
	d := &format.Document{Tensors: []format.Tensor{format.Of("a", []int{2, 1}, []float64{1, 2}), format.Of("b", []int{3}, []float32{3, 4, 5}), format.Of("c", nil, []int64{6})}}
	if err := format.WriteSafetensors(&b, d); err != nil {
		t.Fatal(err)
	}
	dicts, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := content{"": {"a": {"float64", []any{2.0, 1.0}, []any{1.0, 2.0}}, "b": {"float32", []any{3.0}, []any{3.0, 4.0, 5.0}}, "c": {"int64", []any{}, []any{6.0}}}}
	if diff := cmp.Diff(want, describe(t, dicts)); diff != "" {
		t.Error(diff)
	}
	for _, tensor := range dicts[0].Tensors {
		if _, err := tensor.Float32s(); (err != nil) != (tensor.Name == "c") {
			t.Errorf("floats of %s: %v", tensor.Name, err)
		}
	}
}

// Weights of hundreds of megabytes are not copied before they are asked for.
func TestTensorsShareTheFilesMemory(t *testing.T) {
	data := load(t, "views-legacy.pt")
	dicts, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	values, err := dicts[0].Tensors[0].Float32s()
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(data, []byte{0, 0, 0, 0, 0, 0, 0x80, 0x3f}) // 0, 1
	if values[1] != 1 || at < 0 {
		t.Fatalf("values %v, at %d", values, at)
	}
	if uintptr(at)%4 == 0 { // elsewhere a copy is made, for Go wants floats aligned
		data[at+6] = 0
		if values[1] == 1 {
			t.Error("the elements are a copy")
		}
	}
}
