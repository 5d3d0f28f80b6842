package graph

import (
	"errors"
	"fmt"
)

func checkNormalize(n *Node) error {
	if len(n.Mean) == 0 || len(n.Mean) != len(n.Std) {
		return fmt.Errorf("mean and std need one value per channel each, not %d and %d", len(n.Mean), len(n.Std))
	}
	for c := range n.Mean {
		if !finite(n.Mean[c]) || !finite(n.Std[c]) || n.Std[c] <= 0 {
			return fmt.Errorf("mean %v and std %v of channel %d: want finite numbers, and std above 0", n.Mean[c], n.Std[c], c)
		}
	}
	return nil
}

func checkConv(n *Node) error {
	err := first(within("out", n.Out, 1, maxSide), within("groups", n.Groups, 1, maxSide),
		n.Kernel.within("kernel", 1, maxWindow), n.Stride.within("stride", 1, maxWindow),
		n.Pad.within("pad", 0, maxWindow), n.Dilation.within("dilation", 1, maxWindow))
	if err != nil {
		return err
	}
	if n.Out%n.Groups != 0 {
		return fmt.Errorf("%d output channels cannot be split into %d groups", n.Out, n.Groups)
	}
	return nil
}

func checkBN(n *Node) error {
	if n.Momentum < 0 || n.Momentum > 1 {
		return fmt.Errorf("momentum %v is not within 0 and 1", n.Momentum)
	}
	return positive("eps", n.Eps)
}

func checkPool(n *Node) error {
	err := first(n.Kernel.within("kernel", 1, maxWindow), n.Stride.within("stride", 1, maxWindow),
		n.Pad.within("pad", 0, maxWindow))
	if n.Op == MaxPool {
		err = first(err, n.Dilation.within("dilation", 1, maxWindow))
	}
	if err != nil {
		return err
	}
	for i := range n.Pad {
		if 2*n.Pad[i] > n.Kernel[i] {
			return fmt.Errorf("pad %v is more than half of kernel %v", n.Pad, n.Kernel)
		}
	}
	return nil
}

func checkBlurPool(n *Node) error {
	if n.Stride[0] != n.Stride[1] {
		return fmt.Errorf("stride %v must be the same along both axes", n.Stride)
	}
	return n.Stride.within("stride", 2, maxWindow)
}

func checkResize(n *Node) error {
	switch {
	case (n.Size == Pair{}) == (n.Scale == nil):
		return errors.New("needs either size or scale")
	case n.Scale == nil:
		if err := n.Size.within("size", 1, maxSide); err != nil {
			return err
		}
	case len(n.Scale) != 2:
		return fmt.Errorf("scale needs 2 numbers, not %d", len(n.Scale))
	default:
		for _, s := range n.Scale {
			if !(s > 0 && s <= maxWindow) {
				return fmt.Errorf("scale %v is not above 0 and at most %d", s, maxWindow)
			}
		}
	}
	return n.checkMode("nearest", "bilinear")
}

func checkSlice(n *Node) error {
	rank := len(n.Start)
	if rank != 1 && rank != 3 || len(n.Step) != rank || n.Stop != nil && len(n.Stop) != rank {
		return errors.New("start, step and (if there) stop need one number for each of 1 or 3 axes")
	}
	for a := range rank {
		err := first(within("start", n.Start[a], 0, maxSide), within("step", n.Step[a], 1, maxSide))
		if n.Stop != nil && n.Stop[a] != 0 {
			err = first(err, within("stop", n.Stop[a], n.Start[a]+1, maxSide))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkPad(n *Node) error {
	rank := len(n.Before)
	if rank != 1 && rank != 3 || len(n.After) != rank {
		return errors.New("before and after need one number for each of 1 or 3 axes")
	}
	for a := range rank {
		if err := first(within("before", n.Before[a], 0, maxSide), within("after", n.After[a], 0, maxSide)); err != nil {
			return err
		}
	}
	if n.Mode == "reflect" && (rank != 3 || n.Before[0] != 0 || n.After[0] != 0) {
		return errors.New("reflect works along height and width only")
	}
	return n.checkMode("zeros", "reflect")
}

func checkLRN(n *Node) error {
	if n.Alpha < 0 {
		return fmt.Errorf("alpha %v is below 0", n.Alpha)
	}
	return first(within("window", n.Window, 1, maxSide), positive("k", n.K))
}

func checkDropout(n *Node) error {
	if n.Rate < 0 || n.Rate >= 1 {
		return fmt.Errorf("rate %v is not at least 0 and below 1", n.Rate)
	}
	return nil
}

func checkAxis(n *Node) error { return within("axis", n.Axis, 0, 2) }
