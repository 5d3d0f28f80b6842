package attack

import (
	"math"
	"slices"

	"herbarium/internal/torch"
)

// Loss is what an attack makes large.
type Loss int

const (
	// CE is cross-entropy: of the label, or minus that of the target class.
	CE Loss = iota
	// Margin is the logit of the best wrong class minus that of the label, or that of the target class minus the one
	// to beat (Carlini and Wagner 2017, f6).
	Margin
	// DLR is Margin over a difference of logits, so that it depends neither on their scale nor on a shift (Croce and Hein
	// 2020, eqs. 6 and 7). It needs three classes, toward a class four; with fewer it is Margin.
	DLR
)

// Losses are the names of the losses.
var Losses = []string{"ce", "margin", "dlr"}

func (l Loss) String() string { return Losses[l] }

// target says what an item's loss is about. Toward a class, an item counts as broken once it is wrong, in whatever way;
// with goal set, only once it is that class.
type target struct {
	label, toward int // toward: a class, or NoTarget
	goal          bool
}

// aims are the targets of a batch on its device, I64 [n,1] each. All items of a batch have a class to go toward, or none has.
type aims struct {
	label, toward torch.Tensor // toward: None if no item has such a class
	goal          bool
}

func newAims(s *torch.Scope, targets []target, device torch.Device) aims {
	classes := func(of func(target) int) torch.Tensor {
		list := make([]int64, len(targets))
		for i, a := range targets {
			list[i] = int64(of(a))
		}
		return s.To(torch.From(s, []int{len(list), 1}, list), device)
	}
	out := aims{label: classes(func(a target) int { return a.label }), goal: targets[0].goal}
	if targets[0].toward != NoTarget {
		out.toward = classes(func(a target) int { return a.toward })
	}
	return out
}

// part are the aims of n items from one on.
func (a aims) part(s *torch.Scope, from, n int) aims {
	a.label = s.Narrow(a.label, 0, from, n)
	if a.toward.Defined() {
		a.toward = s.Narrow(a.toward, 0, from, n)
	}
	return a
}

// values are the losses [n] of logits [n,K].
func (l Loss) values(s *torch.Scope, logits torch.Tensor, a aims) torch.Tensor {
	if l == CE {
		return crossEntropy(s, logits, a)
	}
	pick := func(class torch.Tensor) torch.Tensor { return s.Reshape(s.Gather(logits, 1, class), -1) }
	plus, minus := a.toward, a.label
	switch {
	case !a.toward.Defined():
		plus = newRanking(s, logits).bestBut(s, a.label)
	case a.goal:
		minus = newRanking(s, logits).bestBut(s, a.toward)
	}
	margin := s.Sub(pick(plus), pick(minus))
	classes := logits.Shape()[1]
	if l == Margin || classes < 3 || a.toward.Defined() && classes < 4 {
		return margin
	}
	order := newRanking(s, logits)
	first, _, low := order.next(s), order.next(s), pick(order.next(s))
	if a.toward.Defined() {
		low = s.Scale(s.Add(low, pick(order.next(s))), 0.5)
	}
	return s.Div(margin, s.AddScalar(s.Sub(pick(first), low), 1e-12))
}

func crossEntropy(s *torch.Scope, logits torch.Tensor, a aims) torch.Tensor {
	if a.toward.Defined() {
		return s.Neg(s.CrossEntropy(logits, s.Reshape(a.toward, -1), 0))
	}
	return s.CrossEntropy(logits, s.Reshape(a.label, -1), 0)
}

// ranking finds the classes of logits [n,K] by falling logit, where the logits are; of equal ones the first comes first.
type ranking struct {
	classes, nothing, logits torch.Tensor // logits: without those that came
}

func newRanking(s *torch.Scope, logits torch.Tensor) *ranking {
	list := make([]int64, logits.Shape()[1])
	for k := range list {
		list[k] = int64(k)
	}
	device := logits.Device()
	return &ranking{s.To(torch.From(s, []int{1, len(list)}, list), device), s.Full([]int{1}, math.Inf(-1), torch.F32, device), s.Detach(logits)}
}

// without are the logits with those of one class [n,1] at minus infinity.
func (r *ranking) without(s *torch.Scope, class torch.Tensor) torch.Tensor {
	return s.Where(s.Equal(s.Sub(r.classes, class), 0), r.nothing, r.logits)
}

// next is the class [n,1] of the largest logit that is left.
func (r *ranking) next(s *torch.Scope) torch.Tensor {
	class := s.Unsqueeze(s.ArgMax(r.logits, 1), 1)
	r.logits = r.without(s, class)
	return class
}

// bestBut is the class [n,1] of the largest logit but one class's.
func (r *ranking) bestBut(s *torch.Scope, class torch.Tensor) torch.Tensor {
	return s.Unsqueeze(s.ArgMax(r.without(s, class), 1), 1)
}

// bestBut is the class of the largest logit but one class's.
func bestBut(z []float32, but int) int {
	best := -1
	for k, v := range z {
		if k != but && (best < 0 || v > z[best]) {
			best = k
		}
	}
	return best
}

// ranked are the classes by falling logit.
func ranked(z []float32) []int {
	order := make([]int, len(z))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case z[a] > z[b]:
			return -1
		case z[a] < z[b]:
			return 1
		}
		return 0
	})
	return order
}
