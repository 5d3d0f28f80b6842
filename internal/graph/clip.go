package graph

// Clip is F.hardtanh: min(max(x, Min), Max). ReLU6 has Min 0 and Max 6.
type Clip struct {
	Min float64 `json:"min,omitempty"`
	Max float64 `json:"max,omitempty"`
}

var _ = define(Clip{})

func (Clip) Name() string { return "clip" }

func (o Clip) check() error {
	return first(real("min", o.Min), real("max", o.Max), rising("min", o.Min, "max", o.Max))
}

func (Clip) infer(ins []Value) (Value, error) { return ins[0], nil }
