package objective

import (
	"fmt"

	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// Batch evaluates one unit per item of a batch.
type Batch struct {
	count   int
	layers  []layer
	keep    *torch.Scope
	device  torch.Device
	weights map[string]torch.Tensor
	nodes   []string
}

// layer is the part of the items' units that is at one node.
type layer struct {
	node     string
	channels map[int]map[int]float64 // item, channel: weight of its spatial mean
	neurons  []neuron
	whole    map[int]float64 // item: weight of the mean square
}

type neuron struct {
	item, channel, y, x int
	prefix              bool // x is the number of a prefix token
	weight              float64
	vector              []float64
}

// NewBatch prepares units, one per item; constants live in keep on the device.
func NewBatch(keep *torch.Scope, units []Unit, device torch.Device) *Batch {
	b := &Batch{count: len(units), keep: keep, device: device, weights: map[string]torch.Tensor{}, nodes: Nodes(units)}
	for _, node := range b.nodes {
		l := layer{node: node, channels: map[int]map[int]float64{}, whole: map[int]float64{}}
		for item, u := range units {
			for _, t := range u.Terms {
				switch {
				case t.Node != node:
				case t.At:
					l.neurons = append(l.neurons, neuron{item, t.Channel, t.Y, t.X, t.Prefix, t.Weight, t.Vector})
				case t.Channel < 0 && t.Vector == nil:
					l.whole[item] += t.Weight
				default:
					if l.channels[item] == nil {
						l.channels[item] = map[int]float64{}
					}
					for c, v := range t.Vector {
						l.channels[item][c] += t.Weight * v
					}
					if t.Vector == nil {
						l.channels[item][t.Channel] += t.Weight
					}
				}
			}
		}
		b.layers = append(b.layers, l)
	}
	return b
}

// Nodes are the layers of the units.
func (b *Batch) Nodes() []string { return b.nodes }

// Measures are none beyond the value.
func (b *Batch) Measures(*torch.Scope, map[string]torch.Tensor) map[string]torch.Tensor { return nil }

// Value is the objective of each item [N], given the activations of every node as maps [N,C,H,W], and those of prefix
// tokens as [net.Pass] gives them:
//
//   - a channel counts by its spatial mean, a direction by that of the activations' dot product with its vector,
//   - a neuron by its value; all channels at a position by their mean square,
//   - a whole layer by its mean square (deep dream).
func (b *Batch) Value(s *torch.Scope, activations map[string]torch.Tensor) torch.Tensor {
	total := torch.None
	add := func(v torch.Tensor) {
		if total.Defined() {
			v = s.Add(total, v)
		}
		total = v
	}
	for _, l := range b.layers {
		a := activations[l.node]
		shape := a.Shape()
		if len(l.channels) > 0 {
			mean := s.Mean(a, 2, 3)
			add(s.Sum(s.Mul(mean, b.channelWeights(l, shape[1])), 1))
		}
		if len(l.whole) > 0 {
			square := s.Mean(s.Reshape(s.Mul(a, a), shape[0], -1), 1)
			add(s.Mul(square, b.itemWeights(l)))
		}
		for _, n := range l.neurons {
			if n.prefix {
				add(b.neuron(s, activations[net.PrefixOf(l.node)], n))
			} else {
				add(b.neuron(s, a, n))
			}
		}
	}
	return total
}

// channelWeights [N,C] select the channels of each item.
func (b *Batch) channelWeights(l layer, channels int) torch.Tensor {
	return b.constant("channels "+l.node, []int{b.count, channels}, func(w []float32) {
		for item, terms := range l.channels {
			for c, weight := range terms {
				w[item*channels+c] = float32(weight)
			}
		}
	})
}

// itemWeights [N] of the whole layer.
func (b *Batch) itemWeights(l layer) torch.Tensor {
	return b.constant("whole "+l.node, []int{b.count}, func(w []float32) {
		for item, weight := range l.whole {
			w[item] = float32(weight)
		}
	})
}

// neuron is one item's value at one position, as [N] with zeros for the other items.
func (b *Batch) neuron(s *torch.Scope, a torch.Tensor, n neuron) torch.Tensor {
	column := s.Select(s.Select(s.Narrow(a, 0, n.item, 1), 2, n.y), 2, n.x) // [1,C]
	v := torch.None
	switch {
	case n.vector != nil:
		v = s.Sum(s.Mul(column, b.direction(n)), 1)
	case n.channel < 0:
		v = s.Mean(s.Mul(column, column), 1)
	default:
		v = s.Select(column, 1, n.channel)
	}
	return s.PadZeros(s.Scale(v, n.weight), n.item, b.count-1-n.item)
}

// direction [1,C] is the vector of a neuron's term.
func (b *Batch) direction(n neuron) torch.Tensor {
	return b.constant(fmt.Sprintf("direction %p", &n.vector[0]), []int{1, len(n.vector)}, func(w []float32) {
		for i, v := range n.vector {
			w[i] = float32(v)
		}
	})
}

// constant is made once and kept.
func (b *Batch) constant(name string, shape []int, fill func([]float32)) torch.Tensor {
	if t, ok := b.weights[name]; ok {
		return t
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	w := make([]float32, n)
	fill(w)
	t := b.keep.To(torch.From(b.keep, shape, w), b.device)
	b.weights[name] = t
	return t
}
