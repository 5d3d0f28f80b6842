// Package graph describes a net as data: a list of nodes with named parameters, and what can be said about it without
// running it. Shapes, parameters, multiply-adds and receptive fields, the part that some nodes need (Slice), batch
// norms folded into convolutions (Fold), and the net as a document of the stream (Net).
package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Graph is a list of nodes in which every node comes after those it uses.
type Graph struct {
	// Version is that of the JSON: 0 for the only one that there is. Meaning that programs of today would get wrong will
	// come with a higher one, which they refuse.
	Version int               `json:"version,omitempty"`
	Nodes   []Node            `json:"nodes"`
	Aliases map[string]string `json:"aliases,omitempty"` // other names of nodes: "logits" of "fc", "layer3" of "layer3.1"
}

// Bounds on what a graph from a stranger's file may ask for. The largest published nets stay far below them.
const (
	maxNodes  = 10_000
	maxInputs = 1_000   // of one node
	maxName   = 200     // bytes
	maxSide   = 1 << 24 // of a shape's axis, or any other count that becomes one
	maxWindow = 1 << 12 // of a kernel, stride or padding
	maxRank   = 7       // axes of a value, without the batch
	maxSize   = 1 << 31 // elements of one tensor, without the batch
	statSpace = "stat"  // names below it belong to a net's statistics
	nameChars = "letters, digits and _ . - /"
)

// Validate checks everything that can be checked without an input's shape: names are well-formed and distinct, inputs
// are earlier nodes (so there is no cycle), ops are known, attributes are those of the op and in range, aliases lead
// to nodes. The error names the node.
func (g *Graph) Validate() error {
	if len(g.Nodes) == 0 {
		return errors.New("graph: no nodes")
	}
	if len(g.Nodes) > maxNodes {
		return fmt.Errorf("graph: %d nodes, more than %d", len(g.Nodes), maxNodes)
	}
	known := map[string]bool{Input: true}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if err := checkName(n.Name); err != nil {
			return fmt.Errorf("graph: node %d: %w", i, err)
		}
		if known[n.Name] {
			return fmt.Errorf("graph: two nodes named %q", n.Name)
		}
		if err := g.checkInputs(n, known); err != nil {
			return fmt.Errorf("graph: node %q: %w", n.Name, err)
		}
		if err := n.check(); err != nil {
			return fmt.Errorf("graph: node %q: %w", n.Name, err)
		}
		known[n.Name] = true
	}
	return g.checkAliases(known)
}

func (g *Graph) checkInputs(n *Node, known map[string]bool) error {
	if len(n.In) > maxInputs {
		return fmt.Errorf("%d inputs, more than %d", len(n.In), maxInputs)
	}
	for _, in := range n.In {
		if known[in] {
			continue
		}
		if g.node(in) != nil {
			return fmt.Errorf("input %q does not come before it: nodes must be in the order they run, without cycles", in)
		}
		return fmt.Errorf("input %q is not a node", in)
	}
	return nil
}

func (g *Graph) checkAliases(known map[string]bool) error {
	for _, alias := range g.aliases() {
		if err := checkName(alias); err != nil {
			return fmt.Errorf("graph: alias: %w", err)
		}
		if known[alias] {
			return fmt.Errorf("graph: alias %q is also a node", alias)
		}
		if to := g.Aliases[alias]; !known[to] || to == Input {
			return fmt.Errorf("graph: alias %q: %q is not a node", alias, to)
		}
	}
	return nil
}

// aliases returns the aliases' names, sorted.
func (g *Graph) aliases() []string {
	names := make([]string, 0, len(g.Aliases))
	for a := range g.Aliases {
		names = append(names, a)
	}
	slices.Sort(names)
	return names
}

// node returns the node of exactly that name, or nil.
func (g *Graph) node(name string) *Node {
	for i := range g.Nodes {
		if g.Nodes[i].Name == name {
			return &g.Nodes[i]
		}
	}
	return nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("name is empty")
	case len(name) > maxName:
		return fmt.Errorf("name %q... is longer than %d bytes", name[:20], maxName)
	case name == Input:
		return fmt.Errorf("the name %q means the graph's input", name)
	case name == statSpace || strings.HasPrefix(name, statSpace+"."):
		return fmt.Errorf("the name %q belongs to a net's statistics", name)
	}
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-/", r)) {
			return fmt.Errorf("name %q: %q is none of %s", name, r, nameChars)
		}
	}
	return nil
}
