package attack

import (
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

// values are the losses [N] of logits [N,K]; scores are those logits as numbers.
func (l Loss) values(s *torch.Scope, logits torch.Tensor, scores [][]float32, targets []target) torch.Tensor {
	if l == CE {
		return crossEntropy(s, logits, targets)
	}
	plus, minus := make([]int64, len(targets)), make([]int64, len(targets))
	var first, third, fourth []int64
	for i, a := range targets {
		z := scores[i]
		switch {
		case a.toward == NoTarget:
			plus[i], minus[i] = int64(bestBut(z, a.label)), int64(a.label)
		case a.goal:
			plus[i], minus[i] = int64(a.toward), int64(bestBut(z, a.toward))
		default:
			plus[i], minus[i] = int64(a.toward), int64(a.label)
		}
		order := ranked(z)
		last := len(order) - 1
		first, third, fourth = append(first, int64(order[0])), append(third, int64(order[min(2, last)])), append(fourth, int64(order[min(3, last)]))
	}
	pick := func(index []int64) torch.Tensor {
		at := s.To(torch.From(s, []int{len(index), 1}, index), logits.Device())
		return s.Reshape(s.Gather(logits, 1, at), -1)
	}
	margin := s.Sub(pick(plus), pick(minus))
	classes := len(scores[0])
	toward := targets[0].toward != NoTarget
	if l == Margin || classes < 3 || toward && classes < 4 {
		return margin
	}
	low := pick(third)
	if toward {
		low = s.Scale(s.Add(low, pick(fourth)), 0.5)
	}
	return s.Div(margin, s.AddScalar(s.Sub(pick(first), low), 1e-12))
}

func crossEntropy(s *torch.Scope, logits torch.Tensor, targets []target) torch.Tensor {
	classes := make([]int64, len(targets))
	for i, a := range targets {
		classes[i] = int64(a.label)
		if a.toward != NoTarget {
			classes[i] = int64(a.toward)
		}
	}
	y := s.CrossEntropy(logits, s.To(torch.From(s, []int{len(classes)}, classes), logits.Device()), 0)
	if targets[0].toward != NoTarget {
		return s.Neg(y)
	}
	return y
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
