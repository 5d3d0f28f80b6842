package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// findPython is a Python that has a module and numpy, or "". CI puts what Debian
// lacks into build/python.
func findPython(module string) string {
	for _, name := range []string{"python3", "/usr/bin/python3", "../build/python/bin/python"} {
		if exec.Command(name, "-c", "import numpy, "+module).Run() == nil {
			return name
		}
	}
	return ""
}

var numpyPython = sync.OnceValue(func() string { return findPython("numpy") }) // to look takes a second

// python returns a command that runs script with a Python that has numpy and
// finds herbarium_stream.
func python(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	return interpreter(t, numpyPython(), script, args...)
}

func interpreter(t testing.TB, name, script string, args ...string) *exec.Cmd {
	t.Helper()
	if name == "" {
		t.Skip("no Python with the modules of this test")
	}
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd program")
	}
	c := exec.Command(name, append([]string{"-c", script}, args...)...)
	c.Env = append(os.Environ(), "PYTHONPATH=python", "PYTHONDONTWRITEBYTECODE=1")
	return c
}

const passOn = "import herbarium_stream as hs; hs.main(lambda doc: doc)"

// everyBit has each element type with bit patterns that a conversion would
// lose: NaN payloads, signalling NaNs, -0, subnormals, extremes.
func everyBit() *Document {
	d := &Document{Meta: map[string]string{"kind": "bits", "text": "é\u2028🌼\x7f\"\\\b\f\n\r\t\x01"}}
	patterns := binary.LittleEndian.AppendUint64(nil, 0x7ff0000000000001)
	for _, v := range []uint64{0x8000000000000000, 1, 0xfff8dead0000beef, 0x7f8000017fc00002, 0xff80000380000000, 0x7c017e0280000001, 0x7f817fc2ff800001, ^uint64(0)} {
		patterns = binary.LittleEndian.AppendUint64(patterns, v)
	}
	for _, dtype := range []DType{U8, F16, I8, BF16, I16, F32, I64, I32, F64} {
		n := len(patterns) / dtype.Size()
		d.Tensors = append(d.Tensors, Tensor{Name: string(dtype), DType: dtype, Shape: []int{n}, Data: patterns})
	}
	d.Tensors = append(d.Tensors, Of("BOOL", []int{2, 1}, []bool{true, false}), Of("scalar", []int{}, []float32{1}),
		Of("none", []int{3, 0, 2}, []int16{}), Of("large", []int{600_001}, ramp(600_001)), Of("é", []int{1}, []uint8{1}))
	return d
}

// What Python writes of what it read is the same payload, byte for byte.
func TestPythonRoundTrip(t *testing.T) {
	docs := append(sample(), everyBit())
	for _, level := range []Level{Store, Fast, Best} {
		b := encode(t, WriterOptions{Level: level, Digest: true}, docs...)
		c := python(t, `
import sys, herbarium_stream as hs
with hs.Writer(sys.stdout.buffer, digest=True) as w:
    for doc in hs.read(sys.stdin.buffer):
        w.write(doc)
`)
		c.Stdin, c.Stderr = bytes.NewReader(b), os.Stderr
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		var ends [2]End
		for i, in := range [][]byte{b, out} {
			r := NewReader(bytes.NewReader(in), Limits{})
			var got []*Document
			var d *Document
			for d, err = r.Next(); err == nil; d, err = r.Next() {
				got = append(got, d)
			}
			if diff := same(docs, got); diff != "" {
				t.Fatal(err, diff)
			}
			ends[i] = r.End()
		}
		if ends[0] != ends[1] || !ends[1].Verified {
			t.Errorf("%v: from Go %+v, from Python %+v", level, ends[0], ends[1])
		}
	}
}

// A stage of a pipe may be a Python script.
func TestPythonStage(t *testing.T) {
	c := python(t, `
import herbarium_stream as hs
def negative(doc):
    if doc.kind == "images":
        doc.tensors["image"] = 255 - doc.tensors["image"]
        return [doc, hs.Document({"kind": "seen"}, {"bf16": hs.BF16.of([1.00390625, -2, float("nan"), 1e-45])})]
hs.main(negative)
`)
	images := &Document{Meta: map[string]string{"kind": "images"}, Tensors: []Tensor{Of("image", []int{1, 3, 1, 1}, []uint8{0, 100, 255})}}
	c.Stdin = bytes.NewReader(encode(t, WriterOptions{}, images, &Document{}, images))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	docs, err := readAll(bytes.NewReader(out), Limits{})
	if err != nil || len(docs) != 4 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	if got := docs[2].Tensor("image"); got.DType != U8 || !bytes.Equal(got.Data, []byte{255, 155, 0}) {
		t.Errorf("%+v", got)
	}
	// Ties round to even; a NaN stays one; the smallest subnormal rounds to 0.
	if got := docs[1].Tensor("bf16"); got.DType != BF16 || !bytes.Equal(got.Data, []byte{0x80, 0x3f, 0, 0xc0, 0xc0, 0x7f, 0, 0}) {
		t.Errorf("%+v", got)
	}
}

// A failure on either side of a Python stage, or in it, reaches the end.
func TestPythonFailures(t *testing.T) {
	whole := encode(t, WriterOptions{Level: Fast, Digest: true}, sample()...)
	aborted := appendEnd(bytes.Clone(begin), End{}, true, "ingest: no photos")
	for name, c := range map[string]struct {
		script, says string
		input        []byte
	}{
		"empty":     {passOn, "no input", nil},
		"truncated": {passOn, "document 3: truncated stream", whole[:len(whole)-70]},
		"aborted":   {passOn, "the command before this one failed: ingest: no photos", aborted},
		"exception": {`import herbarium_stream as hs; hs.main(lambda doc: doc.tensors["no"])`, "KeyError: 'no'", whole},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := python(t, c.script)
			var stderr bytes.Buffer
			cmd.Stdin, cmd.Stderr = bytes.NewReader(c.input), &stderr
			out, err := cmd.Output()
			if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("exit: %v", err)
			}
			if s := stderr.String(); !strings.Contains(s, c.says) || strings.Count(s, "\n") != 1 {
				t.Errorf("stderr: %s", s)
			}
			if _, err := readAll(bytes.NewReader(out), Limits{}); !errors.Is(err, ErrAborted) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("downstream: %v", err)
			}
		})
	}
}

// What no reader takes is not written, and the stream goes on.
func TestPythonRefusesToWrite(t *testing.T) {
	c := python(t, `
import sys, numpy as np, herbarium_stream as hs
ok = np.zeros(1, "u1")
with hs.Writer(sys.stdout.buffer) as w:
    for meta, tensors in [
        ({}, {"c": np.zeros(1, "c8")}), ({}, {"u": np.zeros(1, "u2")}), ({}, {"s": "text"}), ({}, {"n" * 256: ok}), ({}, {1: ok}),
        ({}, {"__metadata__": ok}), ({}, {"r": np.zeros((1,) * 9)}), ({"a": 1}, {}), ({1: "a"}, {}), ({"a": "\ud800"}, {}), ({"\ud800": ""}, {}),
        ({"a": "x" * (1 << 20)}, {}), ({}, {str(i): ok for i in range(4097)})]:
        try:
            w.write(hs.Document(meta, tensors))
            sys.exit(f"written: {str(meta)[:99]} {str(tensors)[:99]}")
        except hs.StreamError:
            pass
    w.write(hs.Document({"kind": "last"}, {"big-endian": np.array([1, 2], ">i2")}))
`)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	docs, err := readAll(bytes.NewReader(out), Limits{})
	if err != nil || len(docs) != 1 || !bytes.Equal(docs[0].Tensors[0].Data, []byte{1, 0, 2, 0}) {
		t.Errorf("%v %v", docs, err)
	}
}

// Python refuses what Go refuses: the hostile streams and headers, every cut
// and every turned bit, in one process.
func TestPythonIsAsStrict(t *testing.T) {
	var in bytes.Buffer
	var names []string
	add := func(name string, stream []byte) {
		names = append(names, name)
		in.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(stream))))
		in.Write(stream)
	}
	for name, c := range hostileStreams() {
		if len(c.stream) < 1<<20 && name != "digest after the mark" { // Python ignores the mark
			add(name, c.stream)
		}
	}
	for name, c := range hostileHeaders() {
		h := head(c.json)
		add(name, join(begin, stored(h), stored([]byte{0}), endOne(len(h)+1)))
	}
	small := encode(t, WriterOptions{Digest: true}, &Document{Tensors: []Tensor{Of("a", []int{2}, []uint8{1, 2})}})
	for n := range small {
		add(fmt.Sprintf("cut at %d", n), small[:n])
	}
	for bit := 0; bit < 8*len(small); bit += 3 {
		add(fmt.Sprintf("bit %d of byte %d", bit%8, bit/8), flip(small, bit/8, 1<<(bit%8)))
	}
	c := python(t, `
import io, sys, herbarium_stream as hs
while n := sys.stdin.buffer.read(8):
    b = sys.stdin.buffer.read(int.from_bytes(n, "little"))
    try:
        for doc in hs.read(io.BytesIO(b)): pass
        print("taken")
    except hs.StreamError as e:
        print("refused", str(e).replace("\n", " "))
`)
	c.Stdin, c.Stderr = &in, os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(names) {
		t.Fatalf("%d answers for %d streams", len(lines), len(names))
	}
	for i, name := range names {
		if !strings.HasPrefix(lines[i], "refused ") {
			t.Errorf("%s: %s", name, lines[i])
		}
	}
}

// The reader in FORMAT.md works as printed.
func TestFormatTenLines(t *testing.T) {
	page, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, ok := strings.Cut(string(page), "```python\n")
	script, _, ok2 := strings.Cut(script, "```")
	if n := strings.Count(script, "\n"); !ok || !ok2 || n != 10 {
		t.Fatalf("FORMAT.md has no ten-line reader, but one of %d lines", n)
	}
	file := filepath.Join(t.TempDir(), "x.st.zst")
	if err := os.WriteFile(file, encode(t, WriterOptions{Level: Fast, Digest: true}, sample()...), 0o600); err != nil {
		t.Fatal(err)
	}
	c := python(t, script, file)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"images {'i64': ('int64', (2, 1))", "'f32': ('float32', (2,))", "'scalar': ('float32', ())", "'none': ('float64', (0, 5))", "report {}\n", "None {'w': ('float32', (10, 30))}\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
}
