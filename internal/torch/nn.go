package torch

import "github.com/sugarme/gotch/libtch"

// Conv describes a convolution of [N,C,H,W]; pairs are height, width. Zero strides, dilations and
// groups mean 1.
type Conv struct {
	Stride, Pad, Dilation [2]int
	Groups                int
}

func pair(p [2]int, zero int64) []int64 {
	out := []int64{int64(p[0]), int64(p[1])}
	for i := range out {
		if out[i] == 0 {
			out[i] = zero
		}
	}
	return out
}

// Conv2d convolves x with weight [out, in/groups, kh, kw]; bias [out] may be None.
func (s *Scope) Conv2d(x, weight, bias Tensor, o Conv) Tensor {
	var out libtch.Ctensor
	libtch.AtgConv2d(&out, x.c, weight.c, bias.c, pair(o.Stride, 1), 2, pair(o.Pad, 0), 2, pair(o.Dilation, 1), 2, int64(max(o.Groups, 1)))
	return s.own("conv2d", out)
}

// ConvTranspose2d is the gradient of a convolution with respect to its input: x by weight [in, out/groups, kh, kw], with extra
// rows and columns behind.
func (s *Scope) ConvTranspose2d(x, weight, bias Tensor, extra [2]int, o Conv) Tensor {
	var out libtch.Ctensor
	libtch.AtgConvTranspose2d(&out, x.c, weight.c, bias.c, pair(o.Stride, 1), 2, pair(o.Pad, 0), 2, pair(extra, 0), 2, int64(max(o.Groups, 1)), pair(o.Dilation, 1), 2)
	return s.own("conv_transpose2d", out)
}

// Linear is x weight^T + bias; bias may be None.
func (s *Scope) Linear(x, weight, bias Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgLinear(&out, x.c, weight.c, bias.c)
	return s.own("linear", out)
}

// BatchNorm normalizes each channel of x. In training it uses the batch's statistics and moves the
// running ones toward them by momentum, in place; otherwise it uses the running ones.
func (s *Scope) BatchNorm(x, weight, bias, mean, variance Tensor, training bool, momentum, eps float64) Tensor {
	var out libtch.Ctensor
	libtch.AtgBatchNorm(&out, x.c, weight.c, bias.c, mean.c, variance.c, flag(training), momentum, eps, 1)
	return s.own("batch_norm", out)
}

// GroupNorm normalizes each of the groups that the channels of x [N,C,...] are split into, together with all positions.
func (s *Scope) GroupNorm(x Tensor, groups int, weight, bias Tensor, eps float64) Tensor {
	var out libtch.Ctensor
	libtch.AtgGroupNorm(&out, x.c, int64(groups), weight.c, bias.c, eps, 1)
	return s.own("group_norm", out)
}

// LayerNorm normalizes over the last axes of x, as many as weight and bias have.
func (s *Scope) LayerNorm(x, weight, bias Tensor, eps float64) Tensor {
	list := int64s(weight.Shape())
	if len(list) == 0 {
		fail("layer_norm", "no axes")
	}
	var out libtch.Ctensor
	libtch.AtgLayerNorm(&out, x.c, list, len(list), weight.c, bias.c, eps, 1)
	return s.own("layer_norm", out)
}

// Pool describes a pooling of [N,C,H,W]; pairs are height, width.
type Pool struct {
	Kernel, Stride, Pad [2]int
	Dilation            [2]int // MaxPool only
	Ceil                bool   // round the output size up
	CountPad            bool   // AvgPool: divide by the whole window at the borders
}

// MaxPool2d is the largest value of each window.
func (s *Scope) MaxPool2d(x Tensor, o Pool) Tensor {
	var out libtch.Ctensor
	libtch.AtgMaxPool2d(&out, x.c, pair(o.Kernel, 1), 2, pair(o.Stride, 1), 2, pair(o.Pad, 0), 2, pair(o.Dilation, 1), 2, flag(o.Ceil))
	return s.own("max_pool2d", out)
}

// AvgPool2d is the mean of each window.
func (s *Scope) AvgPool2d(x Tensor, o Pool) Tensor {
	var out libtch.Ctensor
	libtch.AtgAvgPool2d(&out, x.c, pair(o.Kernel, 1), 2, pair(o.Stride, 1), 2, pair(o.Pad, 0), 2, flag(o.Ceil), flag(o.CountPad), 0, 1)
	return s.own("avg_pool2d", out)
}

// CrossEntropy is the loss in nats of logits [N,K] against classes I64 [N], per item [N]; smoothing
// mixes that share of the uniform distribution into the target (Szegedy et al. 2016, eq. in section 7).
func (s *Scope) CrossEntropy(logits, classes Tensor, smoothing float64) Tensor {
	const perItem, ignoreNone = 0, -100
	var out libtch.Ctensor
	libtch.AtgCrossEntropyLoss(&out, logits.c, classes.c, nil, perItem, ignoreNone, smoothing)
	return s.own("cross_entropy", out)
}

// UpsampleNearest resizes the last two axes by repeating the nearest element.
func (s *Scope) UpsampleNearest(x Tensor, height, width int) Tensor {
	var out libtch.Ctensor
	libtch.AtgUpsampleNearest2d(&out, x.c, []int64{int64(height), int64(width)}, 2, 0, 1, 0, 1)
	return s.own("upsample_nearest2d", out)
}

// UpsampleBilinear resizes the last two axes by linear interpolation between pixel centers, or, aligned, between the
// centers of the corner pixels.
func (s *Scope) UpsampleBilinear(x Tensor, height, width int, align bool) Tensor {
	var out libtch.Ctensor
	libtch.AtgUpsampleBilinear2d(&out, x.c, []int64{int64(height), int64(width)}, 2, flag(align), 0, 1, 0, 1)
	return s.own("upsample_bilinear2d", out)
}

// UpsampleBicubic is UpsampleBilinear by cubics (Keys, a = -0.75).
func (s *Scope) UpsampleBicubic(x Tensor, height, width int, align bool) Tensor {
	var out libtch.Ctensor
	libtch.AtgUpsampleBicubic2d(&out, x.c, []int64{int64(height), int64(width)}, 2, flag(align), 0, 1, 0, 1)
	return s.own("upsample_bicubic2d", out)
}

// Border says what lies outside an image that GridSample reads.
type Border int64

const (
	BorderZeros   Border = 0
	BorderNearest Border = 1 // the pixel at the border
	BorderReflect Border = 2
)

// GridSample reads x [N,C,H,W] bilinearly at grid [N,h,w,2], whose (x,y) run from -1 to 1 between the
// outer edges of the corner pixels.
func (s *Scope) GridSample(x, grid Tensor, border Border) Tensor {
	var out libtch.Ctensor
	libtch.AtgGridSampler(&out, x.c, grid.c, 0, int64(border), 0)
	return s.own("grid_sampler", out)
}

// AffineGrid is the grid for GridSample that theta [N,2,3] maps output to input coordinates by.
func (s *Scope) AffineGrid(theta Tensor, n, height, width int) Tensor {
	size := []int64{int64(n), 1, int64(height), int64(width)}
	var out libtch.Ctensor
	libtch.AtgAffineGridGenerator(&out, theta.c, size, 4, 0)
	return s.own("affine_grid", out)
}

// Dropout zeroes elements with probability p and scales the others by 1/(1-p), in training only.
func (s *Scope) Dropout(x Tensor, p float64, training bool) Tensor {
	var out libtch.Ctensor
	libtch.AtgDropout(&out, x.c, p, flag(training))
	return s.own("dropout", out)
}

// RandnLike is standard normal noise in the shape of x, from libtorch's own generator.
func (s *Scope) RandnLike(x Tensor) Tensor {
	var out libtch.Ctensor
	libtch.AtgRandnLike(&out, x.c)
	return s.own("randn_like", out)
}
