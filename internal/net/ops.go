package net

import (
	"fmt"
	"math"

	"herbarium/internal/graph"
	"herbarium/internal/torch"
)

// run computes one node. Axes of a node leave out the batch, libtorch's count it: hence axis + 1.
func (n *Net) run(s *torch.Scope, node *graph.Node, in []torch.Tensor, p Pass, inPlace bool) (torch.Tensor, error) {
	x := in[0]
	param := func(suffix string) torch.Tensor { return n.params[node.Name+suffix] }
	switch node.Op {
	case graph.Normalize:
		return n.normalize(s, node, x), nil
	case graph.Conv:
		return s.Conv2d(x, param(".weight"), param(".bias"), torch.Conv{
			Stride: node.Stride, Pad: node.Pad, Dilation: node.Dilation, Groups: node.Groups}), nil
	case graph.BN:
		return s.BatchNorm(x, param(".weight"), param(".bias"), param(".running_mean"), param(".running_var"),
			p.Train, node.Momentum, node.Eps), nil
	case graph.Linear:
		return s.Linear(x, param(".weight"), param(".bias")), nil
	case graph.ReLU:
		switch {
		case p.ReLU != nil:
			return p.ReLU(s, x), nil
		case inPlace:
			s.ReluInPlace(x)
			return x, nil
		}
		return s.Relu(x), nil
	case graph.Add:
		for i, y := range in[1:] {
			if i == 0 && inPlace && sameShape(x, y) {
				s.AddScaled(x, y, 1)
			} else {
				x = s.Add(x, y)
			}
		}
		return x, nil
	case graph.Mul:
		for _, y := range in[1:] {
			x = s.Mul(x, y)
		}
		return x, nil
	case graph.LayerNorm:
		return layerNorm(s, node, x, param(".weight"), param(".bias")), nil
	case graph.Affine:
		y := s.Mul(x, perChannel(s, x, param(".weight")))
		if node.Bias {
			y = s.Add(y, perChannel(s, x, param(".bias")))
		}
		return y, nil
	case graph.Shuffle:
		shape := x.Shape()
		n, c, h, w := shape[0], shape[1], shape[2], shape[3]
		x = s.Permute(s.Reshape(x, n, node.Groups, c/node.Groups, h, w), 0, 2, 1, 3, 4)
		return s.Reshape(x, n, c, h, w), nil
	case graph.Concat:
		return s.Cat(node.Axis+1, in...), nil
	case graph.MaxPool:
		return s.MaxPool2d(x, torch.Pool{Kernel: node.Kernel, Stride: node.Stride, Pad: node.Pad, Dilation: node.Dilation, Ceil: node.Ceil}), nil
	case graph.AvgPool:
		return s.AvgPool2d(x, torch.Pool{Kernel: node.Kernel, Stride: node.Stride, Pad: node.Pad, Ceil: node.Ceil, CountPad: node.PadCount}), nil
	case graph.GAP:
		return s.MeanKeep(x, 2, 3), nil
	case graph.Flatten:
		return s.Reshape(x, x.Shape()[0], -1), nil
	case graph.Resize:
		return resize(s, node, x)
	case graph.BlurPool:
		return blurPool(s, node, x, n.filter[node.Name]), nil
	case graph.Slice:
		for axis, step := range node.Step {
			size := x.Shape()[axis+1]
			start, stop := at(node.Start, axis), at(node.Stop, axis)
			if stop == 0 {
				stop = size
			}
			if start != 0 || stop != size || step != 1 {
				x = s.Slice(x, axis+1, start, stop, step)
			}
		}
		return x, nil
	case graph.Pad:
		return pad(s, node, x), nil
	case graph.Softmax:
		return s.Softmax(x, node.Axis+1), nil
	case graph.LRN:
		return lrn(s, node, x), nil
	case graph.Dropout:
		return s.Dropout(x, node.Rate, p.Train), nil
	case graph.Round:
		return s.Scale(s.Round(s.Scale(x, float64(node.Levels))), 1/float64(node.Levels)), nil
	case graph.Noise:
		return s.Add(x, s.Scale(s.RandnLike(x), node.Sigma)), nil
	}
	return activation(s, node, x)
}

func activation(s *torch.Scope, node *graph.Node, x torch.Tensor) (torch.Tensor, error) {
	switch node.Op {
	case graph.Clip:
		return s.Clamp(x, node.Min, node.Max), nil
	case graph.LeakyReLU:
		return s.LeakyRelu(x, node.Slope), nil
	case graph.Sigmoid:
		return s.Sigmoid(x), nil
	case graph.HardSigmoid:
		return s.HardSigmoid(x), nil
	case graph.HardSwish:
		return s.HardSwish(x), nil
	case graph.SiLU:
		return s.Silu(x), nil
	case graph.GELU:
		if node.Mode == "tanh" {
			inner := s.Scale(s.Add(x, s.Scale(s.Pow(x, 3), 0.044715)), math.Sqrt(2/math.Pi))
			return s.Scale(s.Mul(x, s.AddScalar(s.Tanh(inner), 1)), 0.5), nil
		}
		return s.Gelu(x), nil
	}
	return torch.None, fmt.Errorf("op %q cannot be run", node.Op)
}

// normalize is (x - mean)/std per channel; here x enters the net's own precision.
func (n *Net) normalize(s *torch.Scope, node *graph.Node, x torch.Tensor) torch.Tensor {
	c := len(node.Mean)
	scale, shift := make([]float32, c), make([]float32, c)
	for i := range c {
		scale[i], shift[i] = float32(1/node.Std[i]), float32(-node.Mean[i]/node.Std[i])
	}
	device := x.Device()
	a, b := s.To(torch.From(s, []int{c, 1, 1}, scale), device), s.To(torch.From(s, []int{c, 1, 1}, shift), device)
	y := s.Add(s.Mul(x, a), b)
	if n.last {
		y = s.ChannelsLast(s.Cast(y, n.dtype))
	}
	return y
}

func sameShape(x, y torch.Tensor) bool {
	a, b := x.Shape(), y.Shape()
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

func resize(s *torch.Scope, node *graph.Node, x torch.Tensor) (torch.Tensor, error) {
	shape := x.Shape()
	h, w := node.Size[0], node.Size[1]
	if len(node.Scale) == 2 {
		h, w = int(float64(shape[2])*node.Scale[0]), int(float64(shape[3])*node.Scale[1])
	}
	if node.Mode == "bilinear" {
		return s.UpsampleBilinear(x, h, w), nil
	}
	return s.UpsampleNearest(x, h, w), nil
}

func pad(s *torch.Scope, node *graph.Node, x torch.Tensor) torch.Tensor {
	before, after := func(axis int) int { return at(node.Before, axis) }, func(axis int) int { return at(node.After, axis) }
	if node.Mode == "reflect" {
		return padReflect(s, x, before(2), after(2), before(1), after(1))
	}
	return s.PadZeros(x, before(2), after(2), before(1), after(1), before(0), after(0))
}

// padReflect works in float32: libtorch 1.13 has no reflection for bfloat16 on a CPU.
func padReflect(s *torch.Scope, x torch.Tensor, left, right, top, bottom int) torch.Tensor {
	return s.Cast(s.PadReflect(s.Cast(x, torch.F32), left, right, top, bottom), x.DType())
}

// perChannel is a parameter [C] as it combines with x, [N,C,H,W] or [N,C].
func perChannel(s *torch.Scope, x, p torch.Tensor) torch.Tensor {
	if len(x.Shape()) == 4 {
		return s.Reshape(p, -1, 1, 1)
	}
	return p
}

// layerNorm normalizes over axis 1 and, in bfloat16 too, computes in float32: a variance needs the digits.
func layerNorm(s *torch.Scope, node *graph.Node, x, weight, bias torch.Tensor) torch.Tensor {
	dtype := x.DType()
	x = s.Cast(x, torch.F32)
	x = s.Sub(x, s.MeanKeep(x, 1))
	variance := s.MeanKeep(s.Mul(x, x), 1)
	x = s.Cast(s.Div(x, s.Sqrt(s.AddScalar(variance, node.Eps))), dtype)
	return s.Add(s.Mul(x, perChannel(s, x, weight)), perChannel(s, x, bias))
}

// lrn is x / (k + alpha/n sum of squares over n neighbouring channels)^beta (Krizhevsky et al. 2012,
// section 3.3, with PyTorch's division of alpha by n).
func lrn(s *torch.Scope, node *graph.Node, x torch.Tensor) torch.Tensor {
	shape := x.Shape()
	before := node.Window / 2
	squares := s.PadZeros(s.Mul(x, x), 0, 0, 0, 0, before, node.Window-1-before)
	sum := s.Narrow(squares, 1, 0, shape[1])
	for i := 1; i < node.Window; i++ {
		sum = s.Add(sum, s.Narrow(squares, 1, i, shape[1]))
	}
	return s.Div(x, s.Pow(s.AddScalar(s.Scale(sum, node.Alpha/float64(node.Window)), node.K), node.Beta))
}

// gaussian is the kernel [2r+1] of a blurpool by factor: sigma = factor/2, r = ceil(3 sigma).
func gaussian(s *torch.Scope, factor int, o Options) torch.Tensor {
	sigma := float64(factor) / 2
	r := int(math.Ceil(3 * sigma))
	k, sum := make([]float32, 2*r+1), 0.0
	for i := range k {
		d := float64(i - r)
		sum += math.Exp(-d * d / (2 * sigma * sigma))
	}
	for i := range k {
		d := float64(i - r)
		k[i] = float32(math.Exp(-d*d/(2*sigma*sigma)) / sum)
	}
	return s.To(s.Cast(torch.From(s, []int{2*r + 1}, k), o.DType), o.Device)
}

// blurPool blurs each channel along y and x, and computes only the pixels that stay.
func blurPool(s *torch.Scope, node *graph.Node, x, kernel torch.Tensor) torch.Tensor {
	factor := node.Stride[0]
	shape, taps := x.Shape(), kernel.Len()
	r := taps / 2
	c := shape[1]
	x = padReflect(s, x, r, r, r, r)
	column := s.Expand(s.Reshape(kernel, 1, 1, taps, 1), c, 1, taps, 1)
	row := s.Expand(s.Reshape(kernel, 1, 1, 1, taps), c, 1, 1, taps)
	x = s.Conv2d(x, column, torch.None, torch.Conv{Stride: [2]int{factor, 1}, Groups: c})
	return s.Conv2d(x, row, torch.None, torch.Conv{Stride: [2]int{1, factor}, Groups: c})
}
