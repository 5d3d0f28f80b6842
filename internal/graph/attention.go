package graph

import (
	"fmt"
	"slices"
)

// Attention is what every token q takes of all tokens v, by how its q fits their k: softmax(Scale q k^T + bias) v, in each
// of Heads by itself (Vaswani et al., NeurIPS 2017, section 3.2). Inputs are q [..., T, C], k [..., S, C] and v [..., S, D],
// whose last axes hold the heads one after the other, and perhaps a bias that is repeated to fit [..., Heads, T, S].
type Attention struct {
	Heads int     `json:"heads,omitempty" needs:"1 for one"`
	Scale float64 `json:"scale,omitempty" needs:"1 / sqrt(C / heads) as a rule"`
}

var _ = define(Attention{})

func (Attention) Name() string { return "attention" }

func (Attention) arity() (lo, hi int) { return 3, 4 }

func (o Attention) check() error {
	return first(within("heads", o.Heads, 1, maxSide), real("scale", o.Scale))
}

func (o Attention) infer(ins []Value) (Value, error) {
	q, k, v := ins[0], ins[1], ins[2]
	n := len(q)
	if n < 2 || len(k) != n || len(v) != n || q[n-1].Size != k[n-1].Size || k[n-2].Size != v[n-2].Size {
		return nil, fmt.Errorf("takes no keys %v and values %v", k.Shape(), v.Shape())
	}
	for a := range n - 2 {
		if q[a].Size != k[a].Size || q[a].Size != v[a].Size {
			return nil, fmt.Errorf("takes no keys %v and values %v", k.Shape(), v.Shape())
		}
	}
	if q[n-1].Size%o.Heads != 0 || v[n-1].Size%o.Heads != 0 {
		return nil, fmt.Errorf("%d and %d channels cannot be split into %d heads", q[n-1].Size, v[n-1].Size, o.Heads)
	}
	if len(ins) == 4 {
		want := append(q[:n-2].Shape(), o.Heads, q[n-2].Size, k[n-2].Size)
		bias := ins[3].Shape()
		fits := len(bias) == len(want)
		for a := range bias {
			fits = fits && (bias[a] == 1 || bias[a] == want[a])
		}
		if !fits {
			return nil, fmt.Errorf("its bias %v does not fit %v", bias, want)
		}
	}
	return append(slices.Clone(q[:n-1]), v[n-1]), nil
}

func (Attention) field(f field, ins []Value, _ Value) field {
	n := len(ins[0])
	return f.across(ins[0], n-2).across(ins[1], n-2)
}

func (o Attention) macs(ins []Value, out Value) float64 {
	n := len(ins[0])
	return float64(ins[1][n-2].Size) * (elements(ins[0]) + elements(out))
}
