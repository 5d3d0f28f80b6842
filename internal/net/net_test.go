package net

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// reference reads values that PyTorch made once; testdata/README.md says how.
func reference(t *testing.T, name string) *format.Document {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := format.NewReader(f, format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// want compares a tensor with PyTorch's.
func want(t *testing.T, s *torch.Scope, d *format.Document, name string, got torch.Tensor, tolerance float64) {
	t.Helper()
	expected := d.Tensor(name)
	if expected == nil {
		t.Fatalf("no reference %q", name)
	}
	w := s.Load(expected)
	if fmt.Sprint(w.Shape()) != fmt.Sprint(got.Shape()) {
		t.Fatalf("%s: shape %v, want %v", name, got.Shape(), w.Shape())
	}
	if far := s.Number(s.Max(s.Abs(s.Sub(w, got)))); !(far <= tolerance) {
		t.Errorf("%s: off by %g, more than %g", name, far, tolerance)
	}
}

var referenceNets = []struct {
	file, arch, stem string
	size             int
}{{"resnet20", "resnet20", "", 32}, {"resnet18-small", "resnet18", "small", 32}, {"resnet18", "resnet18", "large", 64}}

func referenceNet(t *testing.T, name, stem string, size int) *graph.Net {
	t.Helper()
	g, err := arch.Build(name, arch.Options{Classes: 10, Stem: stem,
		Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}})
	if err != nil {
		t.Fatal(err)
	}
	in := graph.Shape{3, size, size}
	params, err := referenceWeights(g, in)
	if err != nil {
		t.Fatal(err)
	}
	return &graph.Net{Graph: g, Params: params, Input: in}
}

func images(s *torch.Scope, name string, size int) torch.Tensor {
	return torch.From(s, []int{4, 3, size, size}, referenceImages(name, size))
}

var onCPU = Options{Device: torch.CPU, DType: torch.F32}

func TestForwardAndInputGradientEqualPyTorch(t *testing.T) {
	for _, r := range referenceNets {
		t.Run(r.file, func(t *testing.T) {
			s := torchtest.Pin(t)
			d := reference(t, r.file)
			model := referenceNet(t, r.arch, r.stem, r.size)
			x := images(s, "images1", r.size)
			var captures []string
			if err := json.Unmarshal([]byte(d.Meta["captures"]), &captures); err != nil {
				t.Fatal(err)
			}
			n, err := New(model, onCPU)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			out, err := n.Forward(s, x, Pass{Want: append(captures, "logits")})
			if err != nil {
				t.Fatal(err)
			}
			want(t, s, d, "logits.eval", out["logits"], 2e-5)
			for i, name := range captures {
				y := out[name]
				norm := math.Sqrt(s.Number(s.Sum(s.Mul(y, y))))
				if w := float64(torch.Read[float32](s, s.Load(d.Tensor("capture.norm")))[i]); math.Abs(norm-w) > 1e-4*w {
					t.Errorf("%s has norm %v, want %v", name, norm, w)
				}
			}
			// A frozen, folded net gives the same logits, and the gradient of the input.
			view, err := View(model, []string{"logits"}, onCPU)
			if err != nil {
				t.Fatal(err)
			}
			defer view.Close()
			s.RequireGrad(x)
			err = s.Recording(func() error {
				out, err := view.Forward(s, x, Pass{Want: []string{"logits"}})
				if err != nil {
					return err
				}
				want(t, s, d, "logits.eval", out["logits"], 1e-4)
				g := s.Gradients(s.Sum(s.Narrow(out["logits"], 1, 3, 1)), x)[0]
				step := r.size / 8
				want(t, s, d, "gradient.sample", s.Slice(s.Slice(g, 2, 0, r.size, step), 3, 0, r.size, step), 1e-5)
				norms := s.Sqrt(s.Sum(s.Reshape(s.Mul(g, g), 4, -1), 1))
				want(t, s, d, "gradient.norm", norms, 1e-5)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range view.Graph.Nodes {
				if _, ok := node.Op.(graph.BN); ok {
					t.Errorf("%s was not folded", node.Name)
				}
			}
		})
	}
}

func TestCapturedNodesAreWhatTheyAreUnfolded(t *testing.T) {
	s := torchtest.Pin(t)
	model := referenceNet(t, "resnet20", "", 32)
	x := images(s, "images1", 32)
	names := []string{"conv1", "bn1", "layer1.0.conv2", "layer2.1", "layer3.0.bn1", "layer2.0.add"}
	plain, err := New(model, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	view, err := View(model, names, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	a, err := plain.Forward(s, x, Pass{Want: names})
	if err != nil {
		t.Fatal(err)
	}
	b, err := view.Forward(s, x, Pass{Want: names})
	if err != nil {
		t.Fatal(err)
	}
	observed := map[string]torch.Tensor{}
	if _, err := plain.Forward(s, x, Pass{Observe: func(node *graph.Node, _ []torch.Tensor, y torch.Tensor) {
		observed[node.Name] = s.Clone(y)
	}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if far := s.Number(s.Max(s.Abs(s.Sub(a[name], b[name])))); far > 1e-4 {
			t.Errorf("%s: folded and unfolded differ by %g", name, far)
		}
		if far := s.Number(s.Max(s.Abs(s.Sub(a[name], observed[name])))); far > 1e-6 {
			t.Errorf("%s: captured and observed differ by %g", name, far)
		}
	}
	for _, node := range view.Graph.Nodes {
		if strings.HasPrefix(node.Name, "layer3.1") || node.Name == "linear" {
			t.Errorf("%s is run although nobody looks at it", node.Name)
		}
	}
}

func TestBFloat16ComesCloseToFloat32(t *testing.T) {
	s := torchtest.Pin(t)
	model := referenceNet(t, "resnet18", "large", 64)
	view, err := View(model, []string{"logits"}, Options{Device: torch.CPU, DType: torch.BF16})
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	out, err := view.Forward(s, images(s, "images1", 64), Pass{Want: []string{"logits"}})
	if err != nil {
		t.Fatal(err)
	}
	expected := s.Load(reference(t, "resnet18").Tensor("logits.eval"))
	size := s.Number(s.Max(s.Abs(expected)))
	if far := s.Number(s.Max(s.Abs(s.Sub(out["logits"], expected)))); !(far < 0.05*size) {
		t.Errorf("bfloat16 logits are off by %g of %g", far, size)
	}
}

func TestEveryOpEqualsPyTorch(t *testing.T) {
	d := reference(t, "ops")
	var cases []struct {
		Node   graph.Node
		Inputs []graph.Shape
	}
	if err := json.Unmarshal([]byte(d.Meta["cases"]), &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		node := c.Node
		node.Name = fmt.Sprintf("n%d", i)
		t.Run(node.Name+" "+node.Op.Name(), func(t *testing.T) { runCase(t, d, node, c.Inputs) })
	}
}

// Every op of a graph has its arithmetic, and there is no other.
func TestOpsAreThoseOfGraphs(t *testing.T) {
	var known []string
	for _, op := range graph.Ops() {
		known = append(known, op.Name())
	}
	if diff := cmp.Diff(known, slices.Sorted(maps.Keys(ops))); diff != "" {
		t.Error(diff)
	}
}

func runCase(t *testing.T, d *format.Document, node graph.Node, inputs []graph.Shape) {
	s := torchtest.Pin(t)
	scaled := func(name string, shape []int) torch.Tensor {
		size := 1
		for _, v := range shape {
			size *= v
		}
		values := make([]float32, size)
		for i, u := range referenceUnit(name, size) {
			values[i] = float32(4*u - 2)
		}
		return torch.From(s, shape, values)
	}
	// Parameters stand for the inputs: they are of any shape.
	g, in := &graph.Graph{}, make([]torch.Tensor, len(inputs))
	node.In = nil
	for j, shape := range inputs {
		name := fmt.Sprintf("%s.input%d", node.Name, j)
		in[j] = scaled(name, append([]int{2}, shape...))
		g.Nodes = append(g.Nodes, graph.Node{Name: name, Op: graph.Parameter{Shape: shape}})
		node.In = append(node.In, name)
	}
	g.Nodes = append(g.Nodes, node)
	any := graph.Shape{1}
	params, err := referenceWeights(g, any)
	if err != nil {
		t.Fatal(err)
	}
	n, err := load(g, any, params, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if len(in) > 0 {
		s.RequireGrad(in[0])
	}
	err = s.Recording(func() error {
		y := ops[node.Op.Name()](&call{Scope: s, net: n, node: &node, in: in, batch: 2})
		want(t, s, d, node.Name+".out", s.Narrow(s.Detach(y), 0, 1, 1), 1e-5)
		if d.Tensor(node.Name+".gradient") == nil {
			return nil
		}
		size := y.Len()
		cotangent := make([]float32, size)
		for i, u := range referenceUnit(node.Name+".cotangent", size) {
			cotangent[i] = float32(u)
		}
		gradient := s.Gradients(s.Sum(s.Mul(y, torch.From(s, y.Shape(), cotangent))), in[0])[0]
		want(t, s, d, node.Name+".gradient", s.Narrow(gradient, 0, 1, 1), 1e-4)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnknownCapturesAreRefused(t *testing.T) {
	s := torchtest.Pin(t)
	model := referenceNet(t, "resnet20", "", 32)
	if _, err := View(model, []string{"layer5"}, onCPU); err == nil || !strings.Contains(err.Error(), "layer3") {
		t.Errorf("layer5: %v, want the nearest names", err)
	}
	n, err := New(model, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Forward(s, images(s, "images1", 32), Pass{Want: []string{"nowhere"}}); err == nil {
		t.Error("an unknown capture was accepted")
	}
}

// The layout of maps changes no value but by rounding, and no gradient.
func TestChannelsLastIsTheSameNet(t *testing.T) {
	s := torchtest.Pin(t)
	model := referenceNet(t, "resnet20", "", 32)
	view, err := View(model, []string{"logits"}, Options{Device: torch.CPU, DType: torch.F32, ChannelsLast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	d, x := reference(t, "resnet20"), images(s, "images1", 32)
	s.RequireGrad(x)
	err = s.Recording(func() error {
		out, err := view.Forward(s, x, Pass{Want: []string{"logits"}})
		if err != nil {
			return err
		}
		want(t, s, d, "logits.eval", out["logits"], 1e-4)
		g := s.Gradients(s.Sum(s.Narrow(out["logits"], 1, 3, 1)), x)[0]
		want(t, s, d, "gradient.sample", s.Slice(s.Slice(g, 2, 0, 32, 4), 3, 0, 32, 4), 1e-5)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
