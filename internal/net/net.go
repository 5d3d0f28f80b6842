// Package net runs a graph on libtorch: forward in train and eval mode, with any set of nodes
// captured by name. Architectures are data (internal/graph); nothing here knows one.
package net

import (
	"fmt"
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

// Net is a graph with its parameters on a device.
type Net struct {
	Graph  *graph.Graph
	scope  *torch.Scope
	params map[string]torch.Tensor
	dtype  torch.DType
	last   bool // channels last
	device torch.Device
	plan   []step
	filter map[string]torch.Tensor // fixed kernels of blurpool nodes
}

// step is what the interpreter knows about a node before it runs.
type step struct {
	node    *graph.Node
	last    []string // inputs that no later node uses
	inPlace bool     // may overwrite its first input
}

// New puts a net on a device as it is: trainable, nothing folded.
func New(n *graph.Net, o Options) (*Net, error) {
	return load(n.Graph, n.Params, o)
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
	return load(folded, params, o)
}

func load(g *graph.Graph, params map[string]format.Tensor, o Options) (*Net, error) {
	n := &Net{Graph: g, scope: torch.NewScope(), params: map[string]torch.Tensor{}, dtype: o.DType, last: o.channelsLast(), device: o.Device, plan: plan(g), filter: map[string]torch.Tensor{}}
	err := torch.Do(func(s *torch.Scope) error {
		for _, node := range g.Nodes {
			for _, suffix := range suffixes(&node) {
				name := node.Name + suffix
				p, ok := params[name]
				if !ok {
					return fmt.Errorf("the net has no parameter %q", name)
				}
				dtype := o.DType
				if node.Op == graph.BN { // bfloat16 convolutions feed float32 norms well, and statistics need the digits
					dtype = torch.F32
				}
				t := s.LoadAs(&p, dtype, o.Device)
				if o.channelsLast() && node.Op == graph.Conv && suffix == ".weight" {
					t = s.ChannelsLast(t)
				}
				if err := s.Move(n.scope, t); err != nil {
					return err
				}
				n.params[name] = t
			}
			if node.Op == graph.BlurPool {
				k := gaussian(s, node.Stride[0], o)
				if err := s.Move(n.scope, k); err != nil {
					return err
				}
				n.filter[node.Name] = k
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

// suffixes are the ends of the names of a node's tensors.
func suffixes(node *graph.Node) []string {
	switch {
	case node.Op == graph.BN:
		return []string{".weight", ".bias", ".running_mean", ".running_var"}
	case node.Op != graph.Conv && node.Op != graph.Linear && node.Op != graph.LayerNorm && node.Op != graph.Affine:
		return nil
	case node.Bias, node.Op == graph.LayerNorm:
		return []string{".weight", ".bias"}
	}
	return []string{".weight"}
}

// plan finds, for each node, which of its inputs end their life there and whether it may
// overwrite its first input: relu and add may, where nothing else reads that value and the op
// that made it does not need it for its own gradient.
func plan(g *graph.Graph) []step {
	uses, last, op := map[string]int{}, map[string]int{}, map[string]string{}
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
		first := node.In[0]
		switch op[first] {
		case graph.Conv, graph.BN, graph.Add, graph.Linear:
			s.inPlace = uses[first] == 1 && (node.Op == graph.ReLU || node.Op == graph.Add)
		}
		steps[i] = s
	}
	return steps
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
	for _, node := range n.Graph.Nodes {
		for _, suffix := range suffixes(&node) {
			if suffix == ".running_mean" || suffix == ".running_var" {
				continue
			}
			name := node.Name + suffix
			out = append(out, Param{name, node.Name, n.params[name], decays(node.Op) && suffix == ".weight"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func decays(op string) bool { return op == graph.Conv || op == graph.Linear }

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
