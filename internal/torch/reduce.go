package torch

import "github.com/sugarme/gotch/libtch"

// axes64 is a list of axes; none means all, which libtorch writes as every axis by number.
func axes64(x Tensor, axes []int) []int64 {
	if len(axes) > 0 {
		return int64s(axes)
	}
	all := make([]int64, len(x.Shape()))
	for i := range all {
		all[i] = int64(i)
	}
	return all
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// Sum is the sum over axes, all if none is named; the axes go.
func (s *Scope) Sum(x Tensor, axes ...int) Tensor { return s.sum(x, false, axes) }

// SumKeep is Sum with the axes kept at size 1.
func (s *Scope) SumKeep(x Tensor, axes ...int) Tensor { return s.sum(x, true, axes) }

func (s *Scope) sum(x Tensor, keep bool, axes []int) Tensor {
	list := axes64(x, axes)
	if len(list) == 0 { // a number
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgSumDimIntlist(&out, x.c, list, len(list), flag(keep), noDType)
	return s.own("sum", out)
}

// Mean is the mean over axes, all if none is named; the axes go.
func (s *Scope) Mean(x Tensor, axes ...int) Tensor { return s.mean(x, false, axes) }

// MeanKeep is Mean with the axes kept at size 1.
func (s *Scope) MeanKeep(x Tensor, axes ...int) Tensor { return s.mean(x, true, axes) }

func (s *Scope) mean(x Tensor, keep bool, axes []int) Tensor {
	list := axes64(x, axes)
	if len(list) == 0 { // a number
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgMeanDim(&out, x.c, list, len(list), flag(keep), noDType)
	return s.own("mean", out)
}

// Max is the largest value over axes, all if none is named; the axes go.
func (s *Scope) Max(x Tensor, axes ...int) Tensor { return s.max(x, false, axes) }

// MaxKeep is Max with the axes kept at size 1.
func (s *Scope) MaxKeep(x Tensor, axes ...int) Tensor { return s.max(x, true, axes) }

func (s *Scope) max(x Tensor, keep bool, axes []int) Tensor {
	list := axes64(x, axes)
	if len(list) == 0 {
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgAmax(&out, x.c, list, len(list), flag(keep))
	return s.own("amax", out)
}

// Moments of maps x [N,C,L] are the mean, the mean square and the largest value of each, and its squared distance from the
// next photo's map, 0 of the last: four tensors [N,C].
func (s *Scope) Moments(x Tensor) (mean, square, peak, apart Tensor) {
	var out libtch.Ctensor
	libtch.AtMapMoments(&out, x.c)
	all := s.own("moments", out)
	of := func(i int) Tensor { return s.Reshape(s.Narrow(all, 0, i, 1), x.Shape()[:2]...) }
	return of(0), of(1), of(2), of(3)
}

// LengthKeep is the Euclidean length over axes, which are kept at size 1; its gradient at zero is zero.
func (s *Scope) LengthKeep(x Tensor, axes ...int) Tensor {
	list := axes64(x, axes)
	two := libtch.AtsFloat(2)
	defer libtch.AtsFree(two)
	var out libtch.Ctensor
	libtch.AtgNormScalaroptDim(&out, x.c, two, list, len(list), 1)
	return s.own("norm", out)
}

// ArgMax is the index (I64) of the largest value along axis.
func (s *Scope) ArgMax(x Tensor, axis int) Tensor {
	var out libtch.Ctensor
	libtch.AtgArgmax(&out, x.c, int64(axis), 0, 0)
	return s.own("argmax", out)
}

// All is true if every element of a Bool tensor is.
func (s *Scope) All(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgAll(&out, x.c)
	return s.own("all", out)
}
