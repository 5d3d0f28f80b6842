package format

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"
	"pgregory.net/rapid"
)

// netLike has parameters as a net has: many tensors of several types, long
// names, scalars, a graph in the metadata, more than one frame.
func netLike() *Document {
	d := everyBit()
	d.Meta["kind"], d.Meta["graph"] = "net", `[{"name":"conv1","op":"conv","in":["input"]}]`
	for _, name := range []string{"conv1.weight", "layer1.0.conv1.weight", "layer1.0.bn1.running_var", "fc.weight", "stat.max.layer1"} {
		d.Tensors = append(d.Tensors, Of(name, []int{len(name), 3, 5}, ramp(15*len(name))))
	}
	d.Tensors = append(d.Tensors, Of("layer1.0.bn1.num_batches_tracked", nil, []int64{1200}))
	return d
}

// decompressed is what the zstd program makes of the stream of one document.
func decompressed(t *testing.T, d *Document) (stream, plain []byte) {
	t.Helper()
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd program")
	}
	stream = encode(t, WriterOptions{Level: Fast, Digest: true}, d)
	c := exec.Command("zstd", "-dcq")
	c.Stdin, c.Stderr = bytes.NewReader(stream), os.Stderr
	plain, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return stream, plain
}

// Another Go package reads a document that zstd -d decompressed: the same
// metadata and tensors, bit for bit.
func TestGoSafetensors(t *testing.T) {
	d := netLike()
	_, plain := decompressed(t, d)
	st, err := safetensors.Deserialize(plain)
	if err != nil {
		t.Fatal(err)
	}
	_, meta, err := safetensors.ReadMetadata(plain)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.Meta, meta.Metadata()); diff != "" {
		t.Error(diff)
	}
	if st.Len() != len(d.Tensors) {
		t.Errorf("%d tensors of %d", st.Len(), len(d.Tensors))
	}
	for _, want := range d.Tensors {
		got, ok := st.Tensor(want.Name)
		if !ok || got.DType().String() != string(want.DType) || !bytes.Equal(got.Data(), want.Data) ||
			!slices.EqualFunc(got.Shape(), want.Shape, func(a uint64, b int) bool { return a == uint64(b) }) {
			t.Errorf("%s: %v %v, %d bytes", want.Name, got.DType(), got.Shape(), got.DataLen())
		}
	}
	// And what that package writes is read here, alone and compressed.
	views := map[string]safetensors.TensorView{}
	for _, named := range st.Tensors() {
		views[named.Name] = named.TensorView
	}
	theirs, err := safetensors.Serialize(views, d.Meta)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range [][]byte{theirs, compress(t, theirs)} {
		docs, err := readAll(bytes.NewReader(in), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := same([]*Document{d}, docs); diff != "" {
			t.Error(diff)
		}
	}
}

// The same with the Python package of the format's authors.
func TestPythonSafetensors(t *testing.T) {
	c := interpreter(t, findPython("safetensors"), `
import sys, safetensors.numpy as st, herbarium_stream as hs
from safetensors import safe_open
folder = sys.argv[1]
theirs = st.load_file(folder + "/x.safetensors")
ours, = hs.read(open(folder + "/x.st.zst", "rb"))
assert theirs.keys() == ours.tensors.keys()
for name, t in ours.tensors.items():
    assert (t.dtype, t.shape, t.tobytes()) == (theirs[name].dtype, theirs[name].shape, theirs[name].tobytes()), name
with safe_open(folder + "/x.safetensors", "numpy") as f:
    assert f.metadata() == ours.meta
st.save_file(theirs, folder + "/theirs.safetensors", ours.meta)
`)
	dir := t.TempDir()
	d := netLike()
	d.Tensors = slices.DeleteFunc(d.Tensors, func(t Tensor) bool { return t.DType == BF16 }) // numpy has none
	stream, plain := decompressed(t, d)
	for name, b := range map[string][]byte{"x.safetensors": plain, "x.st.zst": stream} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Args = append(c.Args, dir)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "theirs.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := readAll(bytes.NewReader(theirs), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := same([]*Document{d}, docs); diff != "" {
		t.Error(diff)
	}
}

// Whatever is written, however odd its names and shapes, is a safetensors file
// to the Go package.
func TestPropertySafetensors(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDocument.Draw(rt, "doc")
		st, err := safetensors.Deserialize(plain(t, d))
		if err != nil {
			rt.Fatal(err)
		}
		for _, want := range d.Tensors {
			got, ok := st.Tensor(want.Name)
			if !ok || got.DType().String() != string(want.DType) || !bytes.Equal(got.Data(), want.Data) {
				rt.Fatalf("tensor %q: %v, %d bytes", want.Name, got.DType(), got.DataLen())
			}
		}
	})
}
