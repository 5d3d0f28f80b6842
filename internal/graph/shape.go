package graph

import (
	"fmt"
	"strconv"
	"strings"
)

// A Shape is the sizes of a value's axes for one item, without the batch: [C,H,W], [C], or of any other rank.
type Shape []int

// String returns the sizes joined by x: 64x8x8. Without sizes it is a scalar.
func (s Shape) String() string {
	if len(s) == 0 {
		return "scalar"
	}
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	return strings.Join(parts, "x")
}

// Values returns what every node gives, and Input, for an input of shape in: [C,H,W] or [C]. It fails if an input is too
// small for a window, if inputs of a node do not fit each other, or if sizes are absurd; the error names the node.
func (g *Graph) Values(in Shape) (map[string]Value, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	input := Images(in)
	if input == nil {
		return nil, fmt.Errorf("graph: input shape %v is neither [C,H,W] nor [C]", in)
	}
	if _, err := in.size(); err != nil {
		return nil, fmt.Errorf("graph: input: %w", err)
	}
	values := map[string]Value{Input: input}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ins := make([]Value, len(n.In))
		for j, name := range n.In {
			ins[j] = values[name]
		}
		v, err := n.infer(ins)
		if err != nil {
			return nil, fmt.Errorf("graph: node %q (%s)%s: %w", n.Name, n.Op.Name(), on(ins), err)
		}
		values[n.Name] = v
	}
	return values, nil
}

// Shapes is Values without their meaning.
func (g *Graph) Shapes(in Shape) (map[string]Shape, error) {
	values, err := g.Values(in)
	if err != nil {
		return nil, err
	}
	shapes := make(map[string]Shape, len(values))
	for name, v := range values {
		shapes[name] = v.Shape()
	}
	return shapes, nil
}

// Infer returns the shape of what an op gives for inputs of the shapes given, as Shapes does for all nodes of a graph.
func Infer(op Op, ins ...Shape) (Shape, error) {
	values := make([]Value, len(ins))
	for i, s := range ins {
		if values[i] = Images(s); values[i] == nil {
			for _, d := range s {
				values[i] = append(values[i], Axis{Size: d})
			}
		}
	}
	v, err := InferValue(op, values...)
	return v.Shape(), err
}

// InferValue is Infer with what the axes mean.
func InferValue(op Op, ins ...Value) (Value, error) {
	n := Node{Op: op, In: make([]string, len(ins))}
	if err := n.check(); err != nil {
		return nil, err
	}
	v, err := n.infer(ins)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", op.Name(), on(ins), err)
	}
	return v, nil
}

// infer is the op's, with sizes that are checked to be sane.
func (n *Node) infer(ins []Value) (Value, error) {
	v, err := n.Op.infer(ins)
	if err != nil {
		return nil, err
	}
	if len(v) > maxRank {
		return nil, fmt.Errorf("gives %d axes, more than %d", len(v), maxRank)
	}
	_, err = v.Shape().size()
	return v, err
}

// on says what a node is given.
func on(ins []Value) string {
	if len(ins) == 0 {
		return ""
	}
	return fmt.Sprintf(" on %v", ins[0].Shape())
}

// size returns the number of elements, which is checked to be sane.
func (s Shape) size() (int64, error) { return product(s...) }

// product multiplies dimensions, each of which must be within 1 and maxSide, as long as the result is at most maxSize.
func product(dims ...int) (int64, error) {
	size := int64(1)
	for _, d := range dims {
		if d < 1 || d > maxSide {
			return 0, fmt.Errorf("size %v: %d is not within 1 and %d", dims, d, maxSide)
		}
		if size *= int64(d); size > maxSize {
			return 0, fmt.Errorf("size %v: more than %d elements", dims, int64(maxSize))
		}
	}
	return size, nil
}
