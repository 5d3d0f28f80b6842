package graph

import "fmt"

// MatMul is torch.matmul of two inputs of equal rank, at least 2: [..., n, k] and [..., k, m] to [..., n, m]; leading axes
// of size 1 are repeated to fit the other's.
type MatMul struct{}

var _ = define(MatMul{})

func (MatMul) Name() string { return "matmul" }

func (MatMul) arity() (lo, hi int) { return 2, 2 }

func (MatMul) infer(ins []Value) (Value, error) {
	x, y := ins[0], ins[1]
	rank := len(x)
	if rank < 2 || len(y) != rank || x[rank-1].Size != y[rank-2].Size {
		return nil, fmt.Errorf("cannot be multiplied with %v", y.Shape())
	}
	out, err := broadcast([]Value{x[:rank-2], y[:rank-2]})
	if err != nil {
		return nil, err
	}
	last := y[rank-1]
	if len(last.Parts) == 0 && x[rank-1].is(Channels) { // channels times a matrix of constants
		last = channels(last.Size)
	}
	return append(out, x[rank-2], last), nil
}

// A constant matrix that mixes channels leaves positions as they are. Attention sees the whole input.
func (MatMul) field(f field, ins []Value, _ Value) field {
	x, y := ins[0], ins[1]
	rank := len(x)
	if x[rank-1].positional() || y[rank-2].positional() || x[rank-2].positional() && y[rank-1].positional() {
		return field{whole: true}
	}
	return f
}

func (MatMul) macs(ins []Value, out Value) float64 {
	return elements(out) * float64(ins[0][len(ins[0])-1].Size)
}
