package graph

import (
	"fmt"
	"slices"

	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// Sized is the net for images of shape in, which may have another height and width in pixels than it was made for, if its
// graph and weights allow that; for its own it is the net itself. That the images have other channels is an error. All tools
// that run a net on photos take those that it can see, and say with [Net.OtherSize] that they are not what it was made for.
func (n *Net) Sized(in Shape) (*Net, error) {
	if err := images.CheckColors(in[0], n.Input[0]); err != nil {
		return nil, err
	}
	if slices.Equal(in, n.Input) {
		return n, nil
	}
	before, err := n.Graph.Shapes(n.Input)
	if err != nil {
		return nil, err
	}
	shapes, err := n.Graph.Shapes(in)
	if err == nil {
		err = n.Graph.CheckParams(in, n.Params)
	}
	if logits, missing := n.Graph.Find(Logits); err == nil && missing == nil && !slices.Equal(shapes[logits.Name], before[logits.Name]) {
		err = fmt.Errorf("its logits would be %v, not %v", shapes[logits.Name], before[logits.Name])
	}
	if err != nil {
		return nil, errs.Hint(fmt.Errorf("images of %dx%d do not fit the net, which was made for %dx%d: %w", in[1], in[2], n.Input[1], n.Input[2], err),
			"ingest --for NET prepares photos")
	}
	out := *n
	out.Input = in
	return &out, nil
}

// OtherSize says that images have another size than who ("the net") was made for, and what to do; "" for that size.
func (n *Net) OtherSize(height, width int, who string) string {
	if height == n.Input[1] && width == n.Input[2] {
		return ""
	}
	return fmt.Sprintf("images are %dx%d and %s was made for %dx%d; ingest --for NET makes them fit", height, width, who, n.Input[1], n.Input[2])
}
