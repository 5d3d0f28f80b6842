package net

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/schema"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

const netPage = "../../format/NET.md"

// formulas computes what NET.md says of ops, with PyTorch and nothing of Herbarium: for each case the output, and for a
// cotangent the gradients of the inputs and of the trained parameters by name.
const formulas = `
import json, sys, torch, torch.nn.functional as F
tensor = lambda t: torch.tensor(t["data"], dtype=torch.float64).reshape(t["shape"])
for case in json.load(sys.stdin):
    inputs = [tensor(t) for t in case["inputs"]]
    names = {"F": F, "torch": torch, "N": 2, "weight": None, "bias": None, **case["attributes"]}
    names.update({k: torch.tensor(names[k], dtype=torch.float64) for k in ("mean", "std") if k in names})
    params = {k: tensor(t) for k, t in case["params"].items()}
    names.update(params, **dict(zip("xyz", inputs)))
    leaves = inputs + [params[k] for k in sorted(params) if not k.startswith("running_") and not case["attributes"].get("buffer")]
    for leaf in leaves:
        leaf.requires_grad_()
    out = eval(case["formula"], names)
    gradients = []
    if leaves and out.requires_grad:
        try:
            (out * tensor({"data": case["cotangent"], "shape": out.shape})).sum().backward()
            gradients = [leaf.grad.flatten().tolist() for leaf in leaves]
        except RuntimeError as e:
            if "not implemented" not in str(e):  # torch 1.13 has no gradient of channel_shuffle
                raise
    print(json.dumps({"out": out.detach().flatten().tolist(), "gradients": gradients}))
`

// A numeric is a tensor in JSON.
type numeric struct {
	Data  []float32 `json:"data"`
	Shape []int     `json:"shape"`
}

// A formulaCase is a node of NET.md's example with inputs and parameters.
type formulaCase struct {
	node       graph.Node
	Formula    string             `json:"formula"`
	Attributes map[string]any     `json:"attributes"`
	Params     map[string]numeric `json:"params"`
	Inputs     []numeric          `json:"inputs"`
	Cotangent  []float32          `json:"cotangent"`
}

// What an op computes is what its section in NET.md says in PyTorch's terms: the section opens with a formula, which is
// run on the example. An op of which reference cases are stored may have words instead, and noise has no value.
func TestOpsAreWhatThePageSays(t *testing.T) {
	stored := map[string]bool{"noise": true}
	var cases []struct{ Node graph.Node }
	if err := json.Unmarshal([]byte(reference(t, "ops").Meta["cases"]), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		stored[c.Node.Op.Name()] = true
	}
	var all []formulaCase
	for _, op := range graph.Ops() {
		lines, err := schema.Section(netPage, op.Name())
		if err != nil {
			t.Fatal(err)
		}
		if formula, _, ok := strings.Cut(strings.TrimPrefix(lines[1], "`"), "`"); ok && lines[1][0] == '`' {
			all = append(all, formulaCases(t, formula, lines)...)
		} else if !stored[op.Name()] {
			t.Errorf("%s has no reference case, and its section in %s opens with no formula", op.Name(), netPage)
		}
	}
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import torch, numpy").Run() != nil {
		t.Skip("no PyTorch beside " + python + ", such as Debian's python3-torch")
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", formulas)
	var errors bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &errors
	out, err := cmd.Output()
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, c := range all {
		var want struct {
			Out       []float64
			Gradients [][]float64
		}
		if answers.Decode(&want) != nil {
			t.Fatalf("%s: %q: %v: %s", c.node.Op.Name(), c.Formula, err, errors.String())
		}
		t.Run(c.node.Op.Name(), func(t *testing.T) { c.compare(t, want.Out, want.Gradients) })
	}
}

// formulaCases are the lines of a section's example that its formula is for: those of the first one's mode and number of inputs.
func formulaCases(t *testing.T, formula string, lines []string) []formulaCase {
	t.Helper()
	var all []formulaCase
	for line := range strings.Lines(schema.Code(lines, "json")[0]) {
		var n graph.Node
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			t.Fatal(err)
		}
		if all == nil || len(n.In) == len(all[0].Inputs) {
			if c := newFormulaCase(t, formula, n); all == nil || c.Attributes["mode"] == all[0].Attributes["mode"] {
				all = append(all, c)
			}
		}
	}
	return all
}

func newFormulaCase(t *testing.T, formula string, n graph.Node) formulaCase {
	t.Helper()
	c := formulaCase{node: n, Formula: formula, Attributes: map[string]any{}, Params: map[string]numeric{}, Inputs: []numeric{}}
	op := reflect.ValueOf(c.node.Op)
	for i := range op.NumField() {
		name, _, _ := strings.Cut(op.Type().Field(i).Tag.Get("json"), ",")
		c.Attributes[name] = op.Field(i).Interface()
	}
	width, lo := 4.0, -2.0
	if f := c.Attributes["function"]; f == "log" || c.node.Op.Name() == "pow" { // of numbers above zero
		lo = 0.5
	}
	var out graph.Shape
	var err error
	for _, shape := range []graph.Shape{{3, 16, 16}, {4, 8, 8}, {4}, {4, 1, 1}, {4, 16}, {64, 4, 4}} {
		ins := make([]graph.Shape, len(c.node.In))
		for j := range ins {
			ins[j] = shape
		}
		if out, err = graph.Infer(c.node.Op, ins...); err != nil {
			continue
		}
		for j := range ins {
			size := append([]int{2}, shape...)
			c.Inputs = append(c.Inputs, numeric{spread(fmt.Sprintf("%s.input%d", c.node.Op.Name(), j), size, width, lo), size})
		}
		break
	}
	if err != nil {
		t.Fatalf("%s: the example takes none of the shapes that are tried: %v", c.node.Op.Name(), err)
	}
	c.Cotangent = spread(c.node.Op.Name()+".cotangent", append([]int{2}, out...), 1, 0)
	params, err := referenceWeights(c.graph(), graph.Shape{1})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range params {
		if suffix, ok := strings.CutPrefix(name, c.node.Name); ok {
			values, err := format.Float32s(&p)
			if err != nil {
				t.Fatal(err)
			}
			if suffix == "" {
				suffix = ".weight"
			}
			c.Params[suffix[1:]] = numeric{values, p.Shape}
		}
	}
	return c
}

// spread are numbers by formula, from lo on.
func spread(name string, shape []int, width, lo float64) []float32 {
	size := 1
	for _, d := range shape {
		size *= d
	}
	values := make([]float32, size)
	for i, u := range referenceUnit(name, size) {
		values[i] = float32(width*u + lo)
	}
	return values
}

// graph has the node on parameters, which may have any shape.
func (c *formulaCase) graph() *graph.Graph {
	g := &graph.Graph{}
	c.node.In = nil
	for j, in := range c.Inputs {
		name := fmt.Sprintf("input%d", j)
		g.Nodes = append(g.Nodes, graph.Node{Name: name, Op: graph.Parameter{Shape: in.Shape[1:]}})
		c.node.In = append(c.node.In, name)
	}
	g.Nodes = append(g.Nodes, c.node)
	return g
}

func (c *formulaCase) compare(t *testing.T, out []float64, gradients [][]float64) {
	s := torchtest.Pin(t)
	g := c.graph()
	params, err := referenceWeights(g, graph.Shape{1})
	if err != nil {
		t.Fatal(err)
	}
	n, err := load(g, graph.Shape{1}, params, onCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	in := make([]torch.Tensor, len(c.Inputs))
	for j, x := range c.Inputs {
		in[j] = torch.From(s, x.Shape, x.Data)
	}
	leaves := slices.Clone(in)
	for _, p := range n.Trainable() { // sorted by name
		if p.Node == c.node.Name {
			leaves = append(leaves, p.Value)
		}
	}
	for _, leaf := range leaves {
		s.RequireGrad(leaf)
	}
	err = s.Recording(func() error {
		y := ops[c.node.Op.Name()](&call{Scope: s, net: n, node: &c.node, in: in, batch: 2})
		near(t, "output", torch.Read[float32](s, s.Contiguous(s.Detach(y))), out, 1e-5)
		if len(gradients) > 0 {
			if len(gradients) != len(leaves) {
				t.Fatalf("PyTorch has %d gradients, of %d inputs and parameters", len(gradients), len(leaves))
			}
			for i, dx := range s.Gradients(s.Sum(s.Mul(y, torch.From(s, y.Shape(), c.Cotangent))), leaves...) {
				near(t, fmt.Sprintf("gradient %d of %d", i+1, len(gradients)), torch.Read[float32](s, s.Contiguous(dx)), gradients[i], 1e-4)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if d := float64(got[i]) - want[i]; !(d*d <= tolerance*tolerance*max(1, want[i]*want[i])) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
