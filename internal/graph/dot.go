package graph

import (
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes the graph in Graphviz's language, each node with its op and shape for an input of shape in.
func (g *Graph) WriteDOT(w io.Writer, in Shape) error {
	shapes, err := g.Shapes(in)
	if err != nil {
		return err
	}
	// Names hold no quotes or backslashes: Validate has seen to it.
	var b strings.Builder
	b.WriteString("digraph net {\n\tnode [shape=box, fontname=\"sans-serif\"]\n")
	fmt.Fprintf(&b, "\t%q [label=\"%s\\n%s\", shape=oval]\n", Input, Input, in)
	for i := range g.Nodes {
		n := &g.Nodes[i]
		fmt.Fprintf(&b, "\t%q [label=\"%s\\n%s %s\"]\n", n.Name, n.Name, n.Op.Name(), shapes[n.Name])
		for _, from := range n.In {
			fmt.Fprintf(&b, "\t%q -> %q\n", from, n.Name)
		}
	}
	b.WriteString("}\n")
	_, err = io.WriteString(w, b.String())
	return err
}
