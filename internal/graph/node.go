package graph

import "fmt"

// Input is the name by which nodes refer to the graph's input: images [N,C,H,W], RGB in [0,1].
const Input = "input"

// Logits is the alias by which every classifier calls its last layer.
const Logits = "logits"

// A Node computes one value from earlier ones. Its parameters are found by its name, as PyTorch names them:
// NAME.weight, NAME.bias, NAME.running_mean, NAME.running_var; the one of a [Parameter] is called NAME.
type Node struct {
	Name string   // letters, digits and _ . - /; what users, captures and parameters call the node
	In   []string // names of earlier nodes, or Input
	Op   Op       // what it computes
}

// A Pair is [height, width] or [y, x].
type Pair [2]int

// check checks the node by itself: that it has an op, the number of its inputs, the ranges of its attributes.
func (n *Node) check() error {
	if n.Op == nil {
		return fmt.Errorf("has no op")
	}
	lo, hi := arity(n.Op)
	switch given := len(n.In); {
	case lo <= given && given <= hi:
	case lo == 0 && hi == 0:
		return fmt.Errorf("%s takes no input, not %d", n.Op.Name(), given)
	case lo == hi:
		return fmt.Errorf("%s takes %d input, not %d", n.Op.Name(), lo, given)
	default:
		return fmt.Errorf("%s takes %d inputs or more, not %d", n.Op.Name(), lo, given)
	}
	if op, ok := n.Op.(interface{ check() error }); ok {
		if err := op.check(); err != nil {
			return fmt.Errorf("%s: %w", n.Op.Name(), err)
		}
	}
	return nil
}
