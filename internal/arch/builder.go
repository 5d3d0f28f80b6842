package arch

import (
	"herbarium/internal/graph"
)

// A builder adds nodes one after the other. Its methods take the node's name and its input's, and return the name.
type builder struct {
	graph.Graph
}

// begin starts a graph with the normalization that o asks for.
func (b *builder) begin(o Options) string {
	o = o.normalized()
	return b.add(graph.Node{Name: "normalize", Op: graph.Normalize{Mean: o.Mean, Std: o.Std}}, graph.Input)
}

func (b *builder) add(n graph.Node, in ...string) string {
	n.In = in
	b.Nodes = append(b.Nodes, n)
	return n.Name
}

// conv adds a square convolution without bias that keeps the size at stride 1.
func (b *builder) conv(name, in string, out, kernel, stride int) string {
	return b.add(graph.Node{Name: name, Op: square(out, kernel, stride)}, in)
}

func square(out, kernel, stride int) graph.Conv {
	return graph.Conv{Out: out, Kernel: graph.Pair{kernel, kernel}, Stride: graph.Pair{stride, stride},
		Pad: graph.Pair{kernel / 2, kernel / 2}, Dilation: graph.Pair{1, 1}, Groups: 1}
}

// bn adds a batch norm with PyTorch's defaults.
func (b *builder) bn(name, in string) string {
	return b.add(graph.Node{Name: name, Op: graph.BN{Eps: 1e-5, Momentum: 0.1}}, in)
}

func (b *builder) relu(name, in string) string {
	return b.add(graph.Node{Name: name, Op: graph.ReLU{}}, in)
}

// head ends the graph with a linear classifier on the mean of each channel.
func (b *builder) head(name, in string, classes int) *graph.Graph {
	x := b.add(graph.Node{Name: "avgpool", Op: graph.GAP{}}, in)
	x = b.add(graph.Node{Name: "flatten", Op: graph.Flatten{}}, x)
	b.alias(graph.Logits, b.add(graph.Node{Name: name, Op: graph.Linear{Out: classes, Bias: true}}, x))
	return &b.Graph
}

func (b *builder) alias(name, node string) {
	if b.Aliases == nil {
		b.Aliases = map[string]string{}
	}
	b.Aliases[name] = node
}
