package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// adopt runs the tool and returns what it printed, its messages and its exit status.
func adopt(in []byte, args ...string) (stdout []byte, stderr string, status int) {
	var out, errs bytes.Buffer
	status = cli.Process{Args: args, Stdin: bytes.NewReader(in), Stdout: &out, Stderr: &errs}.Run("adopt", manual, &command{})
	return out.Bytes(), errs.String(), status
}

// adopted is the net that the tool makes, as other tools read it.
func adopted(t *testing.T, args ...string) (*graph.Net, string) {
	t.Helper()
	out, errs, status := adopt(nil, args...)
	if status != 0 {
		t.Fatalf("adopt %s: status %d: %s", strings.Join(args, " "), status, errs)
	}
	return netOf(t, out), errs
}

// netOf is the net that a stream begins with.
func netOf(t *testing.T, stream []byte) *graph.Net {
	t.Helper()
	d, err := format.NewReader(bytes.NewReader(stream), format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	model, err := graph.FromDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// logits runs the net on images of shape [n,3,side,side].
func logits(t *testing.T, model *graph.Net, n, side int, images []float32) []float32 {
	t.Helper()
	var out []float32
	onCPU, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	defer onCPU.Close()
	err = torch.Do(func(s *torch.Scope) error {
		values, err := onCPU.Forward(s, torch.From(s, []int{n, 3, side, side}, images), net.Pass{Want: []string{graph.Logits}})
		if err != nil {
			return err
		}
		out = torch.Read[float32](s, values[graph.Logits])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func floats(t *testing.T, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func farthest(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	far := 0.0
	for i := range a {
		far = max(far, math.Abs(float64(a[i]-b[i]))) // a NaN makes it NaN
	}
	return far
}

// python runs a script of testdata with the Python that has torch, or skips.
func python(t *testing.T, args ...string) string {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if exec.Command(interpreter, "-c", "import torch, numpy").Run() != nil {
		t.Skip("no PyTorch in /usr/bin/python3")
	}
	out, err := exec.Command(interpreter, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// PyTorch and adopt agree about nets of every family, both ways: with timm and torchvision on PYTHONPATH, theirs too.
func TestLogitsEqualPyTorch(t *testing.T) {
	torchtest.Pin(t)
	dir := t.TempDir()
	python(t, "testdata/models.py", "make", dir)
	text, err := os.ReadFile(filepath.Join(dir, "nets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Count, Side int
		Nets        []struct{ Name, Arch, Stem string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	images := floats(t, filepath.Join(dir, "images"))
	for _, n := range list.Nets {
		path := filepath.Join(dir, n.Name)
		model, said := adopted(t, "--arch", n.Arch, "--stem", n.Stem, path+".pt")
		want := floats(t, path+".logits")
		if far := farthest(want, logits(t, model, list.Count, list.Side, images)); !(far < 1e-4) {
			t.Errorf("%s: logits are off by %g", n.Name, far)
		} else {
			t.Logf("%s: logits are off by %.2g; %s", n.Name, far, strings.SplitN(said, "\n", 2)[0])
		}
		stream, err := model.Document()
		if err != nil {
			t.Fatal(err)
		}
		var in bytes.Buffer
		w := format.NewWriter(&in, format.WriterOptions{})
		if err := w.Write(stream); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, errs, status := adopt(in.Bytes(), "--to", "safetensors", "-o", path+".safetensors"); status != 0 {
			t.Fatalf("%s: --to: status %d: %s", n.Name, status, errs)
		}
		if err := os.Remove(path + ".pt"); err != nil {
			t.Error(err)
		}
	}
	t.Log(python(t, "testdata/models.py", "check", dir))
}
