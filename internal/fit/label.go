package fit

import "herbarium/internal/torch"

// labels say what a batch's photos show. A photo made of two shows two classes, and their weights add up to 1.
type labels []label

// label is one class of each photo.
type label struct {
	class  torch.Tensor // [N]
	weight torch.Tensor // [N], what it counts for; None is 1
}

// crossEntropy are the losses [N] of logits [N,K]: the weighted sum over the labels.
func (l labels) crossEntropy(s *torch.Scope, logits torch.Tensor, smoothing float64) torch.Tensor {
	var sum torch.Tensor
	for i, each := range l {
		loss := s.CrossEntropy(logits, each.class, smoothing)
		if each.weight.Defined() {
			loss = s.Mul(loss, each.weight)
		}
		if i == 0 {
			sum = loss
		} else {
			sum = s.Add(sum, loss)
		}
	}
	return sum
}

// hits counts the photos whose largest logit is their class, a photo of two classes by the weight of that one.
func (l labels) hits(s *torch.Scope, logits torch.Tensor) float64 {
	predicted := torch.Read[int64](s, s.ArgMax(logits, 1))
	n := 0.0
	for _, each := range l {
		var weight []float32
		if each.weight.Defined() {
			weight = torch.Read[float32](s, each.weight)
		}
		for i, class := range torch.Read[int64](s, each.class) {
			switch {
			case predicted[i] != class:
			case weight == nil:
				n++
			default:
				n += float64(weight[i])
			}
		}
	}
	return n
}

// weighted are the labels with weights multiplied by those [K] of their classes.
func (l labels) weighted(s *torch.Scope, ofClass torch.Tensor) labels {
	var out labels
	for _, each := range l {
		w := s.IndexSelect(ofClass, 0, each.class)
		if each.weight.Defined() {
			w = s.Mul(w, each.weight)
		}
		out = append(out, label{each.class, w})
	}
	return out
}
