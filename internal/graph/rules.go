package graph

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A rule says what an op takes: at least Min and at most Max inputs, and the attributes named (by their JSON names).
type rule struct {
	min, max int
	uses     []string
	check    func(n *Node) error // ranges of the attributes; nil if there is nothing to check
}

// ruleOf returns the rule of an op, and whether there is such an op.
func ruleOf(op string) (rule, bool) {
	one := func(check func(*Node) error, uses ...string) (rule, bool) { return rule{1, 1, uses, check}, true }
	switch op {
	case ReLU, Sigmoid, HardSigmoid, HardSwish, SiLU, GAP, Flatten:
		return one(nil)
	case Add, Mul:
		return rule{2, maxInputs, nil, nil}, true
	case Concat:
		return rule{2, maxInputs, []string{"axis"}, checkAxis}, true
	case Normalize:
		return one(checkNormalize, "mean", "std")
	case Conv:
		return one(checkConv, "out", "kernel", "stride", "pad", "dilation", "groups", "bias")
	case Linear:
		return one(func(n *Node) error { return within("out", n.Out, 1, maxSide) }, "out", "bias")
	case BN:
		return one(checkBN, "eps", "momentum")
	case LayerNorm:
		return one(func(n *Node) error { return positive("eps", n.Eps) }, "eps")
	case Affine:
		return one(nil, "bias")
	case Shuffle:
		return one(func(n *Node) error { return within("groups", n.Groups, 1, maxSide) }, "groups")
	case MaxPool:
		return one(checkPool, "kernel", "stride", "pad", "dilation", "ceil")
	case AvgPool:
		return one(checkPool, "kernel", "stride", "pad", "ceil", "pad_count")
	case BlurPool:
		return one(checkBlurPool, "stride")
	case Clip:
		return one(func(n *Node) error { return rising("min", n.Min, "max", n.Max) }, "min", "max")
	case LeakyReLU:
		return one(nil, "slope")
	case GELU:
		return one(func(n *Node) error { return n.checkMode("erf", "tanh") }, "mode")
	case Softmax:
		return one(checkAxis, "axis")
	case Resize:
		return one(checkResize, "mode", "size", "scale")
	case Slice:
		return one(checkSlice, "start", "stop", "step")
	case Pad:
		return one(checkPad, "before", "after", "mode")
	case LRN:
		return one(checkLRN, "window", "alpha", "beta", "k")
	case Dropout:
		return one(checkDropout, "rate")
	case Round:
		return one(func(n *Node) error { return within("levels", n.Levels, 1, maxSide) }, "levels")
	case Noise:
		return one(func(n *Node) error { return positive("sigma", n.Sigma) }, "sigma")
	}
	return rule{}, false
}

// fieldNames are the JSON names of a node's fields. Reading tags is slow: whoever checks a graph does it once.
func fieldNames() []string {
	t := reflect.TypeFor[Node]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

// check checks the node by itself: its op, the number of its inputs, its attributes. names are fieldNames.
func (n *Node) check(names []string) error {
	r, ok := ruleOf(n.Op)
	if !ok {
		return fmt.Errorf("unknown op %q", n.Op)
	}
	if len(n.In) < r.min || len(n.In) > r.max {
		if r.min == r.max {
			return fmt.Errorf("%s takes %d input, not %d", n.Op, r.min, len(n.In))
		}
		return fmt.Errorf("%s takes %d inputs or more, not %d", n.Op, r.min, len(n.In))
	}
	v := reflect.ValueOf(n).Elem()
	for i := range v.NumField() {
		name := names[i]
		if name == "name" || name == "op" || name == "in" || v.Field(i).IsZero() {
			continue
		}
		if !slices.Contains(r.uses, name) {
			return fmt.Errorf("%s has no attribute %q", n.Op, name)
		}
		if f, ok := v.Field(i).Interface().(float64); ok && !finite(f) {
			return fmt.Errorf("%s: %s is not a finite number", n.Op, name)
		}
	}
	if r.check == nil {
		return nil
	}
	if err := r.check(n); err != nil {
		return fmt.Errorf("%s: %w", n.Op, err)
	}
	return nil
}
