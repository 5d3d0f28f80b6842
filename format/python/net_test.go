// Package python_test holds the Python beside it equal to the tools: the same nets give the same logits.
package python_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"herbarium/format"
	"herbarium/internal/arch"
	"herbarium/internal/graph"
	"herbarium/internal/measure"
	"herbarium/internal/net"
	"herbarium/internal/onnx"
	"herbarium/internal/schema"
	"herbarium/internal/torch"
)

// tolerance is how far logits may be from PyTorch's, for logits of about 1.
const tolerance = 1e-5

// interpreter is a Python that has a module and numpy, or "".
func interpreter(module string) string {
	for _, name := range []string{"python3", "/usr/bin/python3", "../../build/python/bin/python"} {
		if exec.Command(name, "-c", "import numpy, "+module).Run() == nil {
			return name
		}
	}
	return ""
}

var numpyPython = sync.OnceValue(func() string { return interpreter("numpy") })
var torchPython = sync.OnceValue(func() string { return interpreter("torch") })

// run runs a script and returns what it prints.
func run(t *testing.T, python, script string, in []byte, args ...string) []byte {
	t.Helper()
	if python == "" {
		t.Skip("no Python that has the modules of this test: numpy, torch")
	}
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd program")
	}
	cmd := exec.Command(python, append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH=.", "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// stream is documents as a stream.
func stream(t *testing.T, docs ...*format.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	w := format.NewWriter(&b, format.WriterOptions{Level: format.Store})
	for _, d := range docs {
		if err := w.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// documents are those of a stream.
func documents(t *testing.T, b []byte) []*format.Document {
	t.Helper()
	r := format.NewReader(bytes.NewReader(b), format.Limits{})
	var docs []*format.Document
	for {
		d, err := r.Next()
		if err != nil {
			if len(docs) == 0 {
				t.Fatal(err)
			}
			return docs
		}
		docs = append(docs, d)
	}
}

// random are n numbers from lo to hi.
func random(r *rand.Rand, n int, lo, hi float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(lo + (hi-lo)*r.Float64())
	}
	return out
}

// randomized gives a net parameters with which values stay near 1, and statistics of norms that matter.
func randomized(t *testing.T, n *graph.Net) *graph.Net {
	t.Helper()
	params, err := n.Graph.Params(n.Input)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	n.Params = map[string]format.Tensor{}
	for _, p := range params {
		size, fan := 1, 1
		for i, d := range p.Shape {
			size *= d
			if i > 0 {
				fan *= d
			}
		}
		lo, hi := -0.3, 0.3
		switch {
		case len(p.Shape) > 1:
			hi = math.Sqrt(6 / float64(fan))
			lo = -hi
		case strings.HasSuffix(p.Name, ".running_var") || strings.HasSuffix(p.Name, ".weight"):
			lo, hi = 0.5, 1.5
		}
		n.Params[p.Name] = format.Of(p.Name, p.Shape, random(r, size, lo, hi))
	}
	return n
}

// pictures are random images for a net.
func pictures(n *graph.Net) format.Tensor {
	shape := []int{2, n.Input[0], n.Input[1], n.Input[2]}
	return format.Of("image", shape, random(rand.New(rand.NewPCG(3, 4)), 2*n.Input[0]*n.Input[1]*n.Input[2], 0, 1))
}

// scored are the logits that score computes.
func scored(t *testing.T, n *graph.Net, input format.Tensor) []float32 {
	t.Helper()
	torch.Open(2)
	c, err := measure.NewClassifier(n, nil, net.Options{Device: torch.CPU, DType: torch.F32})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	logits, err := c.Logits(input)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(logits...)
}

// compare holds logits against those wanted, relative to the largest if that is above 1.
func compare(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d logits, want %d", name, len(got), len(want))
	}
	far, most := 0.0, 1.0
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			t.Fatalf("%s: logit %d is %v, want %v", name, i, got[i], want[i])
		}
		far, most = max(far, d), max(most, math.Abs(float64(want[i])))
	}
	if far > tolerance*most {
		t.Errorf("%s: logits are off by %g, of up to %g", name, far, most)
	}
}

// logitsOf runs nets on images, one document of each after the other, and writes logits.
const logitsOf = `
import sys, torch, herbarium_net as hn, herbarium_stream as hs
torch.set_num_threads(2)
with hs.Writer(sys.stdout.buffer) as out:
    for doc in hs.read(sys.stdin.buffer):
        if doc.kind == "net":
            try:
                net = hn.to_torch(doc)
            except hs.StreamError as e:
                if "unknown op" not in str(e):
                    raise
                net = None
        elif net is None:
            out.write(hs.Document({}, {}))
        else:
            with torch.no_grad():
                out.write(hs.Document({}, {"logits": net(torch.from_numpy(doc.tensors["image"])).numpy()}))
`

// A case is a net and images.
type netCase struct {
	name   string
	net    *graph.Net
	images format.Tensor
}

// agree wants the script to give the logits that score gives for all nets.
func agree(t *testing.T, script string, cases []netCase) {
	t.Helper()
	var docs []*format.Document
	for _, c := range cases {
		d, err := c.net.Document()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		docs = append(docs, d, &format.Document{Meta: map[string]string{"kind": "images"}, Tensors: []format.Tensor{c.images}})
	}
	results := documents(t, run(t, torchPython(), script, stream(t, docs...)))
	if len(results) != len(cases) {
		t.Fatalf("%d results for %d nets", len(results), len(cases))
	}
	for i, c := range cases {
		if results[i].Tensor("logits") == nil {
			t.Logf("%s: an op that herbarium_net.py does not know", c.name)
			continue
		}
		got, err := format.Values[float32](results[i].Tensor("logits"))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, c.name, got, scored(t, c.net, c.images))
	}
}

// realNets are a ResNet, two top-down nets and, where there are files, nets by others.
func realNets(t *testing.T) []netCase {
	t.Helper()
	o := arch.Options{Classes: 10, Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
	var cases []netCase
	add := func(name string, g *graph.Graph, in graph.Shape, err error) {
		if err != nil {
			t.Fatal(err)
		}
		n := randomized(t, &graph.Net{Graph: g, Input: in})
		cases = append(cases, netCase{name, n, pictures(n)})
	}
	g, err := arch.Build("resnet20", o)
	add("resnet20", g, graph.Shape{3, 32, 32}, err)
	for _, name := range []string{"td-resnet14", "rev-resnet32"} {
		in := graph.Shape{3, 32, 32}
		g, err := arch.BuildTopDown(name, in, arch.TopDown{}, o)
		add(name, g, in, err)
	}
	for _, name := range []string{"mobilenet_v1_025_128", "cifar_resnet2b_robust"} {
		data, err := os.ReadFile(filepath.Join("../../../shared/data/nets/onnx", name+".onnx"))
		if err != nil {
			t.Logf("without %s: %v", name, err)
			continue
		}
		n, _, err := onnx.Read(data, onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, netCase{name, n, pictures(n)})
	}
	return cases
}

// Real nets, made here and by others, have the same logits in PyTorch.
func TestNetsAreTheSameInPyTorch(t *testing.T) { agree(t, logitsOf, realNets(t)) }

// byThePage computes logits by NET.md alone.
//
//go:embed testdata/by_the_page.py
var byThePage string

// NET.md says enough to compute logits of whole nets; internal/net runs its formulas op by op.
func TestNetsAreTheSameByThePage(t *testing.T) { agree(t, byThePage, realNets(t)) }

// opNets are nets around every example of NET.md but noise, which has no value to compare.
func opNets(t *testing.T) []netCase {
	t.Helper()
	lines, err := schema.Section("../NET.md", "Ops")
	if err != nil {
		t.Fatal(err)
	}
	var cases []netCase
	for _, code := range schema.Code(lines, "json") {
		for line := range strings.Lines(code) {
			var node map[string]any
			if err := json.Unmarshal([]byte(line), &node); err != nil {
				t.Fatal(err)
			}
			if node["op"] == "noise" {
				continue
			}
			n := around(t, node)
			cases = append(cases, netCase{strings.TrimSpace(line), n, pictures(n)})
		}
	}
	return cases
}

// around is a net whose logits are what a node gives, flattened. The node's first input is one of the values below that it
// takes, its others the same, passed through a function, and the bias of attention.
func around(t *testing.T, node map[string]any) *graph.Net {
	t.Helper()
	var last error
	for _, x := range []string{"input", "four", "pooled", "vector", "turned", "matrix"} {
		nodes := []any{
			map[string]any{"name": "four", "op": "conv", "in": []any{"input"}, "out": 4, "kernel": []int{3, 3}, "stride": []int{1, 1}, "pad": []int{1, 1},
				"dilation": []int{1, 1}, "groups": 1},
			map[string]any{"name": "pooled", "op": "gap", "in": []any{"four"}},
			map[string]any{"name": "vector", "op": "flatten", "in": []any{"pooled"}},
			map[string]any{"name": "turned", "op": "transpose", "in": []any{"four"}, "order": []int{1, 0, 2}},
			map[string]any{"name": "matrix", "op": "reshape", "in": []any{"four"}, "shape": []int{32, 32}},
			map[string]any{"name": "biases", "op": "reshape", "in": []any{"four"}, "shape": []int{1, 32, 32}},
			map[string]any{"name": "other", "op": "silu", "in": []any{x}},
		}
		for i := range node["in"].([]any) {
			node["in"].([]any)[i] = []string{x, "other"}[min(i, 1)]
		}
		if in := node["in"].([]any); x == "matrix" && len(in) == 4 { // what attention adds
			in[3] = "biases"
		}
		nodes = append(nodes, node, map[string]any{"name": "result", "op": "flatten", "in": []any{node["name"]}})
		text, err := json.Marshal(map[string]any{"nodes": nodes, "aliases": map[string]string{"logits": "result"}})
		if err != nil {
			t.Fatal(err)
		}
		g, err := graph.Parse(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		in := graph.Shape{3, 16, 16}
		if _, last = g.Shapes(in); last == nil {
			return randomized(t, &graph.Net{Graph: g, Input: in})
		}
	}
	t.Fatal(last)
	return nil
}

// Every op of NET.md that herbarium_net.py knows is the same in PyTorch.
func TestOpsAreTheSameInPyTorch(t *testing.T) { agree(t, logitsOf, opNets(t)) }
