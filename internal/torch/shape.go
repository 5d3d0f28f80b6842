package torch

import "github.com/sugarme/gotch/libtch"

// Reshape is x with other sizes in the same order; one size may be -1.
func (s *Scope) Reshape(x Tensor, sizes ...int) Tensor {
	list := int64s(sizes)
	if len(list) == 0 {
		list = []int64{1}
	}
	var out libtch.Ctensor
	libtch.AtgReshape(&out, x.c, list, len(sizes))
	return s.own("reshape", out)
}

// Permute is x with its axes in another order.
func (s *Scope) Permute(x Tensor, sizes ...int) Tensor {
	list := int64s(sizes)
	if len(list) == 0 {
		list = []int64{1}
	}
	var out libtch.Ctensor
	libtch.AtgPermute(&out, x.c, list, len(sizes))
	return s.own("permute", out)
}

// Expand repeats axes of size 1 without copying.
func (s *Scope) Expand(x Tensor, sizes ...int) Tensor {
	list := int64s(sizes)
	if len(list) == 0 {
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgExpand(&out, x.c, list, len(list), 0)
	return s.own("expand", out)
}

// Narrow is the length elements from start along axis, without copying.
func (s *Scope) Narrow(x Tensor, axis, start, length int) Tensor {
	var out libtch.Ctensor
	libtch.AtgNarrow(&out, x.c, int64(axis), int64(start), int64(length))
	return s.own("narrow", out)
}

// Slice is every step-th element of [start, end) along axis, without copying.
func (s *Scope) Slice(x Tensor, axis, start, end, step int) Tensor {
	var out libtch.Ctensor
	libtch.AtgSlice(&out, x.c, int64(axis), int64(start), 0, int64(end), 0, int64(step))
	return s.own("slice", out)
}

// Select is the index-th part along axis; the axis goes.
func (s *Scope) Select(x Tensor, axis, index int) Tensor {
	var out libtch.Ctensor
	libtch.AtgSelect(&out, x.c, int64(axis), int64(index))
	return s.own("select", out)
}

// IndexSelect picks the parts that an I64 vector lists along axis.
func (s *Scope) IndexSelect(x Tensor, axis int, index Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgIndexSelect(&out, x.c, int64(axis), index.c)
	return s.own("index_select", out)
}

// Gather picks, along axis, the elements at an I64 index of the same rank.
func (s *Scope) Gather(x Tensor, axis int, index Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgGather(&out, x.c, int64(axis), index.c, 0)
	return s.own("gather", out)
}

// Unsqueeze adds an axis of size 1.
func (s *Scope) Unsqueeze(x Tensor, axis int) Tensor {
	var out libtch.Ctensor
	libtch.AtgUnsqueeze(&out, x.c, int64(axis))
	return s.own("unsqueeze", out)
}

// Cat joins tensors along axis.
func (s *Scope) Cat(axis int, tensors ...Tensor) Tensor {
	list := handles(tensors)
	if len(list) == 0 {
		fail("cat", "no tensors")
	}
	var out libtch.Ctensor
	libtch.AtgCat(&out, list, len(list), int64(axis))
	return s.own("cat", out)
}

// Stack joins tensors of one shape along a new axis.
func (s *Scope) Stack(axis int, tensors ...Tensor) Tensor {
	list := handles(tensors)
	if len(list) == 0 {
		fail("stack", "no tensors")
	}
	var out libtch.Ctensor
	libtch.AtgStack(&out, list, len(list), int64(axis))
	return s.own("stack", out)
}

func handles(tensors []Tensor) []libtch.Ctensor {
	list := make([]libtch.Ctensor, len(tensors))
	for i, t := range tensors {
		list[i] = t.c
	}
	return list
}

// Flip reverses axes.
func (s *Scope) Flip(x Tensor, axes ...int) Tensor {
	list := int64s(axes)
	if len(list) == 0 {
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgFlip(&out, x.c, list, len(list))
	return s.own("flip", out)
}

// PadZeros surrounds x with zeros: pairs of before and after, last axis first. Negative amounts crop.
func (s *Scope) PadZeros(x Tensor, pairs ...int) Tensor {
	list := int64s(pairs)
	if len(list) == 0 {
		return s.Share(x)
	}
	var out libtch.Ctensor
	libtch.AtgConstantPadNd(&out, x.c, list, len(list))
	return s.own("constant_pad_nd", out)
}

// PadReflect mirrors the last two axes of [N,C,H,W] at their borders: left, right, top, bottom.
func (s *Scope) PadReflect(x Tensor, left, right, top, bottom int) Tensor {
	list := []int64{int64(left), int64(right), int64(top), int64(bottom)}
	var out libtch.Ctensor
	libtch.AtgReflectionPad2d(&out, x.c, list, len(list))
	return s.own("reflection_pad2d", out)
}

// Contiguous is x laid out in row-major order.
func (s *Scope) Contiguous(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgContiguous(&out, x.c)
	return s.own("contiguous", out)
}

// Detach is x cut off from the recording that made it, without copying.
func (s *Scope) Detach(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgDetach(&out, x.c)
	return s.own("detach", out)
}

// Clone is a copy of x in memory of its own.
func (s *Scope) Clone(x Tensor) Tensor {
	return s.cast("clone", x, x.DType(), true)
}

// Cast is x as another type; x itself if it has that type.
func (s *Scope) Cast(x Tensor, dtype DType) Tensor {
	return s.cast("to", x, dtype, false)
}

func (s *Scope) cast(op string, x Tensor, dtype DType, copy bool) Tensor {
	var out libtch.Ctensor
	libtch.AtgToDtype(&out, x.c, int32(dtype), 0, flag(copy))
	return s.own(op, out)
}

// To is x on another device; x itself if it is there.
func (s *Scope) To(x Tensor, device Device) Tensor {
	var out libtch.Ctensor
	libtch.AtgTo(&out, x.c, int32(device))
	return s.own("to", out)
}

// ChannelsLast is x [N,C,H,W] with its memory laid out as [N,H,W,C]; sizes stay. Convolutions
// on CPUs with bfloat16 and on GPUs with tensor cores prefer it.
func (s *Scope) ChannelsLast(x Tensor) Tensor {
	return s.Permute(s.Contiguous(s.Permute(x, 0, 2, 3, 1)), 0, 3, 1, 2)
}

// Zeros is a tensor of zeros.
func (s *Scope) Zeros(shape []int, dtype DType, device Device) Tensor {
	return s.Full(shape, 0, dtype, device)
}

// Full is a tensor whose elements are all v.
func (s *Scope) Full(shape []int, v float64, dtype DType, device Device) Tensor {
	list := int64s(shape)
	if len(list) == 0 {
		list = []int64{1}
	}
	var out libtch.Ctensor
	c := libtch.AtsFloat(v)
	libtch.AtgFull(&out, list, len(shape), c, int32(dtype), int32(device))
	libtch.AtsFree(c)
	return s.own("full", out)
}
