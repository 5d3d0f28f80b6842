package onnx_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/onnx"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// A sample is a small ONNX file of testdata/make_cases.py or make_general.py with what PyTorch makes of two images [2,3,Side,Side].
type sample struct {
	Side        int
	Ops         string // of the nodes, without normalize and the flatten that ends most of the files
	data        []byte
	images, out []float32
}

func samples(t testing.TB) map[string]*sample {
	t.Helper()
	all := samplesOf(t, "cases")
	maps.Copy(all, samplesOf(t, "general"))
	return all
}

func samplesOf(t testing.TB, file string) map[string]*sample {
	t.Helper()
	f, err := os.Open("testdata/" + file + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := format.NewReader(f, format.Limits{}).Next()
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]*sample
	if err := json.Unmarshal([]byte(d.Meta["cases"]), &all); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []float32 {
		v, err := format.Float32s(d.Tensor(name))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, s := range all {
		s.data = d.Tensor(name + ".onnx").Data
		s.images, s.out = read("in"+string(rune('0'+s.Side))), read(name+".out")
	}
	return all
}

func options() onnx.Options {
	return onnx.Options{
		Open: func(string) ([]byte, error) { return nil, errors.New("no other file is there") }}
}

func opsOf(g *graph.Graph) string {
	var ops []string
	for _, n := range g.Nodes[1:] {
		ops = append(ops, n.Op.Name())
	}
	return strings.Join(ops, " ")
}

// Each translation gives the nodes that it should, and these give what PyTorch gives.
func TestEveryTranslationEqualsPyTorch(t *testing.T) {
	all := samples(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		t.Run(name, func(t *testing.T) {
			s := torchtest.Pin(t)
			o := options()
			if strings.HasPrefix(name, "inputs") {
				o.Input = "x"
			}
			model, _, err := onnx.Read(c.data, o)
			if err != nil {
				t.Fatal(err)
			}
			if got := opsOf(model.Graph); c.Ops != "" && got != c.Ops && got != c.Ops+" flatten" {
				t.Errorf("nodes are %s, want %s", got, c.Ops)
			}
			if _, err := model.Document(); err != nil {
				t.Fatal(err)
			}
			n, err := net.New(model, net.Options{Device: torch.CPU, DType: torch.F32})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			out, err := n.Forward(s, torch.From(s, []int{2, 3, c.Side, c.Side}, c.images), net.Pass{Want: []string{graph.Logits}})
			if err != nil {
				t.Fatal(err)
			}
			got := torch.Read[float32](s, out[graph.Logits])
			if len(got) != len(c.out) {
				t.Fatalf("%d logits, want %d", len(got), len(c.out))
			}
			for i := range got {
				if d := math.Abs(float64(got[i] - c.out[i])); !(d < 2e-5*max(1, math.Abs(float64(c.out[i])))) {
					t.Fatalf("logit %d is %v, want %v", i, got[i], c.out[i])
				}
			}
		})
	}
}

// Attention is one node where its heads are channels, in the words of both exporters; where they are
// not it is made of products.
func TestAttentionIsSeen(t *testing.T) {
	all := samples(t)
	for _, how := range []string{"script.17", "dynamo.18", "free script.17"} {
		for name, want := range map[string]int{"vit": 1, "multihead": 1, "cross-covariance": 0} {
			model, _, err := onnx.Read(all[name+" "+how].data, options())
			if err != nil {
				t.Fatal(err)
			}
			ops := opsOf(model.Graph)
			if seen, products := strings.Count(ops, "attention"), strings.Count(ops, "matmul"); seen != want || products != 2-2*want {
				t.Errorf("%s %s: %s", name, how, ops)
			}
		}
	}
}
