package graph

// Flatten is torch.flatten(x, 1): [C,H,W] to [C H W], row-major. Each number of the result is a channel of its own.
type Flatten struct{}

var _ = define(Flatten{})

func (Flatten) Name() string { return "flatten" }

func (Flatten) infer(ins []Value) (Value, error) {
	size, err := ins[0].Shape().size()
	return Value{channels(int(size))}, err
}

func (Flatten) field(f field, ins []Value, _ Value) field {
	for a := range ins[0] {
		f = f.across(ins[0], a)
	}
	return f
}
