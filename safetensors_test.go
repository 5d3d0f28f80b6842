package herbarium_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"

	"herbarium/format"
)

// TestNetElsewhere: a trained net that zstd -d decompressed is a safetensors file to programs that have nothing
// to do with this one, and its tensors are the same to the bit.
func TestNetElsewhere(t *testing.T) {
	needTools(t, true)
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd program")
	}
	trained, err := net()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.safetensors")
	if err := run(nil, "zstd", "-dq", trained, "-o", file); err != nil {
		t.Fatal(err)
	}
	line := func(name, dtype string, data []byte) string {
		return fmt.Sprintf("%s %s %x\n", name, dtype, sha256.Sum256(data))
	}
	var want []string
	in, err := os.Open(trained)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r := format.NewReader(in, format.Limits{})
	d, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != io.EOF || d.Kind() != "net" || len(d.Tensors) < 50 {
		t.Fatalf("%s holds more, or less, than a net: %v", trained, err)
	}
	for _, x := range d.Tensors {
		want = append(want, line(x.Name, string(x.DType), x.Data))
	}
	slices.Sort(want)

	t.Run("Go", func(t *testing.T) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		st, err := safetensors.Deserialize(b)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range st.Tensors() {
			got = append(got, line(x.Name, x.TensorView.DType().String(), x.TensorView.Data()))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("Python", func(t *testing.T) {
		const interpreter = "build/python/bin/python" // .ci/run makes it
		if exec.Command(interpreter, "-c", "import numpy, safetensors").Run() != nil {
			t.Skip("no Python package safetensors: .ci/run installs it")
		}
		var stderr bytes.Buffer
		c := exec.Command(interpreter, "-c", `
import hashlib, sys, safetensors.numpy as st
names = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8"}
for name, t in st.load_file(sys.argv[1]).items():
    print(name, names[t.dtype.name], hashlib.sha256(t.tobytes()).hexdigest())
`, file)
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatal(err, stderr.String())
		}
		got := slices.Sorted(strings.Lines(string(out)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
