package graph

import (
	"fmt"

	"herbarium/internal/images"
)

// CheckImages is an error unless the net takes images [C,H,W] such as a stream has: gray or RGB.
func (n *Net) CheckImages() error {
	if len(n.Input) != 3 {
		return fmt.Errorf("the net takes %v, not images", n.Input)
	}
	if err := images.CheckChannels(n.Input[0]); err != nil {
		return fmt.Errorf("the net takes %w", err)
	}
	return nil
}
