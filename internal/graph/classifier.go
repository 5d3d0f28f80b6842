package graph

import (
	"errors"
	"fmt"
)

// logits is the node that makes the logits.
func (n *Net) logits() (*Node, error) {
	return n.Graph.Find(Logits)
}

// CheckLogits is an error unless the net says which of its layers is its logits.
func (n *Net) CheckLogits() error {
	_, err := n.logits()
	return err
}

// CheckClassifier is an error unless the net takes images [C,H,W], gray or RGB, to logits [K] of two classes or more. It returns K.
func (n *Net) CheckClassifier() (classes int, err error) {
	head, err := n.logits()
	if err != nil {
		return 0, err
	}
	shapes, err := n.Graph.Shapes(n.Input)
	if err != nil {
		return 0, err
	}
	k := shapes[head.Name]
	if len(k) == 1 && k[0] == 1 {
		return 0, fmt.Errorf("the net takes %v to logits 1: it does not sort images into classes, for one number says yes or no", n.Input)
	}
	if len(k) != 1 || k[0] < 2 || len(n.Input) != 3 {
		return 0, fmt.Errorf("the net takes %v to logits %v: it does not sort images into classes", n.Input, k)
	}
	return k[0], n.CheckImages()
}

// CheckClasses is an error unless the net names its classes.
func (n *Net) CheckClasses() error {
	if len(n.Classes) == 0 {
		return errors.New("the net does not name its classes")
	}
	return nil
}
