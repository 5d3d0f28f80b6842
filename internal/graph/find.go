package graph

import (
	"errors"
	"fmt"
	"strings"

	"herbarium/internal/nearest"
)

// Find returns the node of that name or alias. If there is none, the error lists the names that come nearest.
func (g *Graph) Find(name string) (*Node, error) {
	if to, ok := g.Aliases[name]; ok {
		if n := g.node(to); n != nil {
			return n, nil
		}
	}
	if n := g.node(name); n != nil {
		return n, nil
	}
	if name == Logits {
		return nil, errors.New("the net does not say which layer is its logits: it has no classes")
	}
	names := g.aliases()
	for i := range g.Nodes {
		names = append(names, g.Nodes[i].Name)
	}
	near, _ := nearest.Names(name, names, 5)
	if len(near) == 0 {
		return nil, fmt.Errorf("layer %q not in this net", name)
	}
	return nil, fmt.Errorf("layer %q not in this net; nearest are %s", name, strings.Join(near, ", "))
}
