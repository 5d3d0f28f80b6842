package graph

// Input is the name by which nodes refer to the graph's input: images [N,C,H,W], RGB in [0,1].
const Input = "input"

// Logits is the alias by which every classifier calls its last layer.
const Logits = "logits"

// A Node computes one value from earlier ones. Shapes here and in the attributes leave out the batch: [C,H,W] or [C],
// so axis 0 is the channels (PyTorch's dimension 1). Parameters are found by the node's name, as PyTorch names them:
// NAME.weight, NAME.bias, NAME.running_mean, NAME.running_var.
//
// Attributes have no hidden defaults: what an op uses is written down, except that false, 0 and [0,0] are left out of
// the JSON. An attribute that an op does not use must be absent.
type Node struct {
	Name string   `json:"name"` // letters, digits and _ . - /; what users, captures and parameters call the node
	Op   string   `json:"op"`   // one of the ops below
	In   []string `json:"in"`   // names of earlier nodes, or Input

	Out      int  `json:"out,omitempty"`       // conv: channels, linear: features
	Kernel   Pair `json:"kernel,omitzero"`     // conv, maxpool, avgpool: [height, width]
	Stride   Pair `json:"stride,omitzero"`     // conv, maxpool, avgpool, blurpool: [y, x]
	Pad      Pair `json:"pad,omitzero"`        // conv, maxpool, avgpool: on both sides of [y, x]
	Dilation Pair `json:"dilation,omitzero"`   // conv, maxpool: [y, x], 1 is dense
	Groups   int  `json:"groups,omitempty"`    // conv: 1 is dense; shuffle
	Bias     bool `json:"bias,omitempty"`      // conv, linear, affine: has NAME.bias
	Ceil     bool `json:"ceil,omitempty"`      // maxpool, avgpool: output size rounded up instead of down
	PadCount bool `json:"pad_count,omitempty"` // avgpool: the padding counts in the mean (PyTorch's count_include_pad)

	Eps      float64 `json:"eps,omitempty"`      // bn, layernorm: added to the variance
	Momentum float64 `json:"momentum,omitempty"` // bn: share of the batch in the running statistics' update
	Slope    float64 `json:"slope,omitempty"`    // leakyrelu: factor below zero
	Min      float64 `json:"min,omitempty"`      // clip
	Max      float64 `json:"max,omitempty"`      // clip
	Rate     float64 `json:"rate,omitempty"`     // dropout: probability of zero
	Levels   int     `json:"levels,omitempty"`   // round: steps between 0 and 1
	Sigma    float64 `json:"sigma,omitempty"`    // noise: standard deviation

	Mean []float64 `json:"mean,omitempty"` // normalize: one value per channel
	Std  []float64 `json:"std,omitempty"`  // normalize: one value per channel

	Axis  int       `json:"axis,omitempty"`  // concat, softmax: 0 channels, 1 height, 2 width
	Mode  string    `json:"mode,omitempty"`  // resize: nearest, bilinear; pad: zeros, reflect; gelu: erf, tanh
	Size  Pair      `json:"size,omitzero"`   // resize: output [height, width]; or
	Scale []float64 `json:"scale,omitempty"` // resize: output over input [height, width]

	Start  []int `json:"start,omitempty"`  // slice: first index, per axis
	Stop   []int `json:"stop,omitempty"`   // slice: index after the last, per axis; 0 is the end of the axis
	Step   []int `json:"step,omitempty"`   // slice: per axis, at least 1
	Before []int `json:"before,omitempty"` // pad: elements added in front, per axis
	After  []int `json:"after,omitempty"`  // pad: elements added behind, per axis

	Window int     `json:"window,omitempty"` // lrn: channels in the sum (PyTorch's size)
	Alpha  float64 `json:"alpha,omitempty"`  // lrn
	Beta   float64 `json:"beta,omitempty"`   // lrn
	K      float64 `json:"k,omitempty"`      // lrn
}

// A Pair is [height, width] or [y, x].
type Pair [2]int

// The ops, each exactly as PyTorch's function of the name given defines it. i is floor unless Ceil is set.
const (
	// Normalize is (x - mean[c]) / std[c]. The first node of a net, so that everything outside the net is in [0,1].
	Normalize = "normalize"
	// Conv is F.conv2d with zero padding: weight [out, C/groups, kh, kw], bias [out] if Bias.
	// Output size: (H + 2 pad - dilation (kernel-1) - 1) / stride + 1, rounded down.
	Conv = "conv"
	// BN is F.batch_norm over each channel of [C,H,W] or [C]: weight, bias, running_mean, running_var, all [C].
	// In train mode it normalizes by the batch's mean and biased variance and moves the running statistics by Momentum
	// towards the batch's mean and unbiased variance; in eval mode it normalizes by the running statistics.
	BN = "bn"
	// LayerNorm is F.layer_norm over the channels, at each position of [C,H,W] by itself, or over [C]: weight, bias [C].
	LayerNorm = "layernorm"
	// Affine is weight[c] x + bias[c] on [C,H,W] or [C]: weight [C], bias [C] if Bias. A learned scale, or arithmetic by
	// constants.
	Affine = "affine"
	// ReLU is max(x, 0).
	ReLU = "relu"
	// Clip is F.hardtanh: min(max(x, Min), Max). ReLU6 has Min 0 and Max 6.
	Clip = "clip"
	// LeakyReLU is x where x > 0, else Slope x.
	LeakyReLU = "leakyrelu"
	// Sigmoid is 1 / (1 + exp(-x)).
	Sigmoid = "sigmoid"
	// HardSigmoid is min(max(x + 3, 0), 6) / 6.
	HardSigmoid = "hardsigmoid"
	// HardSwish is x hardsigmoid(x).
	HardSwish = "hardswish"
	// SiLU is x sigmoid(x).
	SiLU = "silu"
	// GELU is x Phi(x): Mode erf is exact, tanh the approximation 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
	GELU = "gelu"
	// Add is the sum of two or more inputs of equal rank; an axis of size 1 is repeated to fit the others.
	Add = "add"
	// Mul is the product of two or more inputs, shaped as for Add.
	Mul = "mul"
	// Concat is torch.cat of two or more inputs along Axis.
	Concat = "concat"
	// Shuffle is F.channel_shuffle in Groups: channel i of group g becomes channel i Groups + g.
	Shuffle = "shuffle"
	// MaxPool is F.max_pool2d; Pad is at most half of Kernel and counts as minus infinity. Output size as for Conv; with
	// Ceil it is rounded up, but no window may start beyond the input and its left padding.
	MaxPool = "maxpool"
	// AvgPool is F.avg_pool2d; sizes as for MaxPool. A window's sum is divided by the number of elements in it: inside
	// the input and its padding with PadCount, inside the input without.
	AvgPool = "avgpool"
	// GAP is F.adaptive_avg_pool2d(x, 1): the mean of each channel, [C,H,W] to [C,1,1].
	GAP = "gap"
	// Flatten is torch.flatten(x, 1): [C,H,W] to [C H W], row-major.
	Flatten = "flatten"
	// Linear is F.linear on [C]: weight [out, C], bias [out] if Bias.
	Linear = "linear"
	// Resize is F.interpolate to Size, or to Scale times the input's size rounded down, with the coordinates computed
	// from the two sizes (recompute_scale_factor). Mode nearest reads index floor(i in/out); bilinear has
	// align_corners=False and no antialiasing.
	Resize = "resize"
	// BlurPool halves, thirds ... an image: reflect padding by r = ceil(3 sigma), a Gaussian of sigma = s/2 cut at r and
	// normalized to sum 1, along y and x; then every s-th pixel from the first, s = Stride[0] = Stride[1] at least 2.
	// Output size ceil(H/s). Each side must be longer than r.
	BlurPool = "blurpool"
	// Slice is x[:, start:stop:step, ...] over all axes of the item.
	Slice = "slice"
	// Pad is F.pad by Before and After on each axis: Mode zeros on any, reflect (edge not repeated) on height and width,
	// where it must be less than the side.
	Pad = "pad"
	// LRN is F.local_response_norm: x / (K + Alpha/Window sum x^2)^Beta over Window neighbouring channels.
	LRN = "lrn"
	// Softmax is F.softmax along Axis.
	Softmax = "softmax"
	// Dropout is F.dropout: in train mode each element is zero with probability Rate, else divided by 1-Rate; in eval
	// mode the identity.
	Dropout = "dropout"
	// Round is round(x Levels) / Levels, half to even. Its gradient is zero: it makes nets that hide gradients, to test
	// that attacks notice.
	Round = "round"
	// Noise adds a normal random number times Sigma to each element, in train and in eval mode: it makes nets that
	// answer at random, to test that attacks notice.
	Noise = "noise"
)
