package ascend

import (
	"errors"
	"fmt"

	"herbarium/internal/canvas"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
)

// Objective prepares what a batch of items, all on one canvas, maximizes; constants live in keep.
type Objective func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error)

// Activation maximizes the activation of each item's unit.
func Activation(keep, _ *torch.Scope, n *net.Net, _ canvas.Canvas, items []Item) (objective.Objective, error) {
	units := make([]objective.Unit, len(items))
	for i, item := range items {
		units[i] = item.Unit
	}
	return objective.NewBatch(keep, units, n.Device()), nil
}

// Diverse is another objective less weight times the similarity, at a layer, of restarts of one item.
func Diverse(of Objective, node string, weight float64) Objective {
	return func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error) {
		o, err := of(keep, s, n, on, items)
		if err != nil {
			return nil, err
		}
		groups := make([]int, len(items))
		for i, item := range items {
			groups[i] = item.Group
		}
		return objective.NewDiverse(keep, o, node, weight, groups, n.Device()), nil
	}
}

// Target maximizes the similarity of each picture's features to those of the item's target photo. The features are the
// activations of the items' unit, which is the same for all of them and has one term.
func Target(similarity objective.Similarity) Objective {
	return func(keep, s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) (objective.Objective, error) {
		term := items[0].Unit.Terms[0]
		activations, err := n.Forward(s, targets(s, n, on, items), net.Pass{Want: []string{term.Node}, Maps: true})
		if err != nil {
			return nil, err
		}
		t, err := objective.NewTarget(keep, s, term, activations[term.Node], similarity)
		if bad := (*objective.BadTarget)(nil); errors.As(err, &bad) {
			are := "overflow"
			if bad.Zero {
				are = "are all zero"
			}
			return nil, fmt.Errorf("%s: its activations at %s %s: there is nothing to match", items[bad.Item].Name, items[0].Unit.Text, are)
		}
		return t, err
	}
}

// targets are the items' target photos [N,C,H,W].
func targets(s *torch.Scope, n *net.Net, on canvas.Canvas, items []Item) torch.Tensor {
	photos := make([][]float32, len(items))
	for i, item := range items {
		photos[i] = item.Target
	}
	height, width := on.Size()
	return n.Images(s, height, width, photos...)
}
