// Package graph describes a net as data: a list of nodes with named parameters, and what can be said about it without
// running it. Shapes, parameters, multiply-adds and receptive fields, the part that some nodes need (Slice), batch
// norms folded into convolutions (Fold), and the net as a document of the stream (Net).
package graph

// A Graph is a list of nodes in which every node comes after those it uses.
type Graph struct {
	Nodes   []Node            `json:"nodes"`
	Aliases map[string]string `json:"aliases,omitempty"` // other names of nodes: "logits" of "fc", "layer3" of "layer3.1"
}

// A Shape is what a node gives for one item, without the batch: [C,H,W] or [C].
type Shape []int
