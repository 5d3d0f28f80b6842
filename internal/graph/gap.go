package graph

// GAP is F.adaptive_avg_pool2d(x, 1): the mean of each channel, [C,H,W] to [C,1,1].
type GAP struct{}

var _ = define(GAP{})

func (GAP) Name() string { return "gap" }

func (GAP) infer(ins []Value) (Value, error) {
	if _, _, _, err := maps3(ins[0]); err != nil {
		return nil, err
	}
	return Value{ins[0][0], ins[0][1].resized(1), ins[0][2].resized(1)}, nil
}

func (GAP) field(f field, ins []Value, _ Value) field { return f.across(ins[0], 1, 2) }
