// Package net runs a graph on libtorch: forward in train and eval mode, with any set of nodes
// captured by name. Architectures are data (internal/graph); nothing here knows one.
package net

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"herbarium/format"
	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// Options say where and in which precision a net runs.
type Options struct {
	Device torch.Device
	DType  torch.DType // F32, or BF16 for frozen nets: parameters and activations in that type
	// ChannelsLast lays maps out as [N,H,W,C] inside the net, as BF16 does anyway: on CPUs convolutions and their gradients
	// then need no copies in another order. What is captured has that layout.
	ChannelsLast bool
}

func (o Options) channelsLast() bool { return o.ChannelsLast || o.DType == torch.BF16 }

// Net is a graph with its parameters on a device. Several workers may run it at once, see [Net.Workers].
type Net struct {
	Graph   *graph.Graph
	scope   *torch.Scope
	params  map[string]torch.Tensor
	dtype   torch.DType
	last    bool // channels last
	device  torch.Device
	plan    []step
	weights []graph.Param // of its nodes, in their order

	gaussians map[graph.BlurPool]torch.Tensor
	values    shapes
}

// step is what the interpreter knows about a node before it runs.
type step struct {
	node    *graph.Node
	last    []string // inputs that no later node uses
	inPlace bool     // may overwrite its first input
}

// New puts a net on a device as it is: trainable, nothing folded.
func New(n *graph.Net, o Options) (*Net, error) {
	return load(n.Graph, n.Input, n.Params, o)
}

// View puts on a device the part of a net that the named nodes need, with batch norms folded
// into convolutions: for looking, not for training.
func View(n *graph.Net, names []string, o Options) (*Net, error) {
	part, err := n.Graph.Slice(names...)
	if err != nil {
		return nil, err
	}
	folded, params, err := part.Fold(n.Params, names...)
	if err != nil {
		return nil, err
	}
	return load(folded, n.Input, params, o)
}

func load(g *graph.Graph, in graph.Shape, params map[string]format.Tensor, o Options) (*Net, error) {
	weights, err := g.Params(in)
	if err != nil {
		return nil, err
	}
	n := &Net{Graph: g, scope: torch.NewScope(), params: map[string]torch.Tensor{}, dtype: o.DType, last: o.channelsLast(), device: o.Device,
		plan: plan(g), weights: weights, values: shapes{of: map[string]map[string]graph.Value{}}, gaussians: map[graph.BlurPool]torch.Tensor{}}
	op := map[string]graph.Op{}
	for _, node := range g.Nodes {
		op[node.Name] = node.Op
	}
	err = torch.Do(func(s *torch.Scope) error {
		for _, w := range weights {
			p, ok := params[w.Name]
			if !ok {
				return fmt.Errorf("the net has no parameter %q", w.Name)
			}
			dtype := o.DType
			if _, ok := op[w.Node].(graph.BN); ok { // bfloat16 convolutions feed float32 norms well, and statistics need the digits
				dtype = torch.F32
			}
			t := s.LoadAs(&p, dtype, o.Device)
			if _, ok := op[w.Node].(graph.Conv); ok && o.channelsLast() && len(w.Shape) == 4 {
				t = s.ChannelsLast(t)
			}
			if err := s.Move(n.scope, t); err != nil {
				return err
			}
			n.params[w.Name] = t
		}
		for _, node := range g.Nodes {
			if pool, ok := node.Op.(graph.BlurPool); ok && !n.gaussians[pool].Defined() {
				kernel := n.gaussian(s, pool)
				if err := s.Move(n.scope, kernel); err != nil {
					return err
				}
				n.gaussians[pool] = kernel
			}
		}
		return nil
	})
	if err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// Device is where the net runs.
func (n *Net) Device() torch.Device { return n.device }

// Close frees the parameters.
func (n *Net) Close() { n.scope.Close() }

// plan finds, for each node, which of its inputs end their life there and whether it may
// overwrite its first input: relu and add may, where nothing else reads that value and the op
// that made it does not need it for its own gradient.
func plan(g *graph.Graph) []step {
	uses, last, op := map[string]int{}, map[string]int{}, map[string]graph.Op{}
	for i, node := range g.Nodes {
		op[node.Name] = node.Op
		for _, in := range node.In {
			uses[in]++
			last[in] = i
		}
	}
	steps := make([]step, len(g.Nodes))
	for i := range g.Nodes {
		node := &g.Nodes[i]
		s := step{node: node}
		for _, in := range unique(node.In) {
			if in != graph.Input && last[in] == i {
				s.last = append(s.last, in)
			}
		}
		if len(node.In) > 0 {
			s.inPlace = uses[node.In[0]] == 1 && overwrites(node.Op) && spare(op[node.In[0]])
		}
		steps[i] = s
	}
	return steps
}

func overwrites(op graph.Op) bool {
	switch op.(type) {
	case graph.ReLU, graph.Add:
		return true
	}
	return false
}

// spare says whether what an op gave may be overwritten: it is in memory of its own, and its gradient does not need it.
func spare(op graph.Op) bool {
	switch op.(type) {
	case graph.Conv, graph.BN, graph.Add, graph.Linear:
		return true
	}
	return false
}

func unique(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// Param is a parameter that training changes.
type Param struct {
	Name  string
	Node  string
	Value torch.Tensor
	Decay bool // weights of convolutions and linear layers; not norms and biases
}

// Trainable lists the parameters that training changes, by name.
func (n *Net) Trainable() []Param {
	var out []Param
	for _, w := range n.weights {
		if !w.Buffer {
			out = append(out, Param{w.Name, w.Node, n.params[w.Name], w.Decay})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// NotFinite is the name of a parameter or buffer that has a value which is no finite number, "" if all are.
func (n *Net) NotFinite(s *torch.Scope) string {
	names := slices.Sorted(maps.Keys(n.params))
	sums := make([]torch.Tensor, len(names))
	for i, name := range names {
		sums[i] = s.Reshape(s.Sum(n.params[name]), 1)
	}
	if len(names) == 0 || finite(s.Number(s.Sum(s.Cat(0, sums...)))) { // one answer from the device, not one for each
		return ""
	}
	for _, name := range names {
		if !finite(s.Number(s.Max(s.Abs(n.params[name])))) {
			return name
		}
	}
	return "" // large values, whose sum overflows
}

func finite(v float64) bool { return v-v == 0 }

// Export copies every parameter and buffer back, by name.
func (n *Net) Export() (map[string]format.Tensor, error) {
	out := map[string]format.Tensor{}
	err := torch.Do(func(s *torch.Scope) error {
		for name, t := range n.params {
			out[name] = s.Store(name, t)
		}
		return nil
	})
	return out, err
}

// Import overwrites every parameter and buffer with what Export gave, of a net of the same graph.
func (n *Net) Import(params map[string]format.Tensor) error {
	return torch.Do(func(s *torch.Scope) error {
		for name, to := range n.params {
			from, ok := params[name]
			if !ok {
				return fmt.Errorf("no parameter %q", name)
			}
			s.Copy(to, s.Load(&from))
		}
		return nil
	})
}
