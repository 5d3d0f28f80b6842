package graph

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestAttributesAreChecked(t *testing.T) {
	good := conv("x", Input, 4, 3, 1).Op.(Conv)
	pool := Node{Op: MaxPool{Kernel: Pair{3, 3}, Stride: Pair{2, 2}, Dilation: Pair{1, 1}}}
	tests := []struct {
		name string
		n    Node
		want string // part of the error; "" for none
	}{
		{"conv", Node{Op: good}, ""},
		{"conv without channels", with(Node{Op: good}, func(c *Conv) { c.Out = 0 }), "out 0 is not within"},
		{"conv without kernel", with(Node{Op: good}, func(c *Conv) { c.Kernel = Pair{} }), "kernel [0 0]"},
		{"conv with half a kernel", with(Node{Op: good}, func(c *Conv) { c.Kernel = Pair{3, 0} }), "kernel [3 0]"},
		{"conv without stride", with(Node{Op: good}, func(c *Conv) { c.Stride = Pair{} }), "stride [0 0]"},
		{"conv without dilation", with(Node{Op: good}, func(c *Conv) { c.Dilation = Pair{} }), "dilation [0 0]"},
		{"conv without groups", with(Node{Op: good}, func(c *Conv) { c.Groups = 0 }), "groups 0"},
		{"conv with negative padding", with(Node{Op: good}, func(c *Conv) { c.Pad = Pair{-1, 0} }), "pad [-1 0]"},
		{"conv with a huge kernel", with(Node{Op: good}, func(c *Conv) { c.Kernel = Pair{1, 5000} }), "kernel [1 5000]"},
		{"conv with a huge count", with(Node{Op: good}, func(c *Conv) { c.Out = 1 << 30 }), "out 1073741824"},
		{"conv with groups that do not divide", with(Node{Op: good}, func(c *Conv) { c.Groups = 3 }), "into 3 groups"},
		{"bn", norm("x", Input), ""},
		{"bn without eps", Node{Op: BN{Momentum: 0.1}}, "eps 0 is not above 0"},
		{"bn with NaN", Node{Op: BN{Eps: math.NaN()}}, "eps is not a finite number"},
		{"bn with too much momentum", Node{Op: BN{Eps: 1e-5, Momentum: 2}}, "momentum 2"},
		{"maxpool", pool, ""},
		{"maxpool with wide padding", Node{Op: MaxPool{Kernel: Pair{3, 3}, Stride: Pair{2, 2}, Dilation: Pair{1, 1}, Pad: Pair{2, 1}}}, "more than half"},
		{"avgpool", Node{Op: AvgPool{Kernel: Pair{3, 3}, Stride: Pair{2, 2}}}, ""},
		{"normalize", Node{Op: Normalize{Mean: []float64{0}, Std: []float64{1}}}, ""},
		{"normalize by nothing", Node{Op: Normalize{}}, "one value per channel"},
		{"normalize by uneven lists", Node{Op: Normalize{Mean: []float64{0}, Std: []float64{1, 1}}}, "not 1 and 2"},
		{"normalize by zero", Node{Op: Normalize{Mean: []float64{0}, Std: []float64{0}}}, "channel 0"},
		{"normalize by NaN", Node{Op: Normalize{Mean: []float64{math.NaN()}, Std: []float64{1}}}, "channel 0"},
		{"clip", Node{Op: Clip{Max: 6}}, ""},
		{"clip to nothing", Node{Op: Clip{}}, "min 0 is not below max 0"},
		{"clip to infinity", Node{Op: Clip{Max: math.Inf(1)}}, "max is not a finite number"},
		{"linear without features", Node{Op: Linear{}}, "out 0"},
		{"gelu", Node{Op: GELU{Mode: "erf"}}, ""},
		{"gelu without mode", Node{Op: GELU{}}, `mode "" is none of erf, tanh`},
		{"softmax", Node{Op: Softmax{}}, ""},
		{"softmax over the batch", Node{Op: Softmax{Axis: -1}}, "axis -1"},
		{"resize to a size", Node{Op: Resize{Mode: "nearest", Size: Pair{2, 3}}}, ""},
		{"resize by a scale", Node{Op: Resize{Mode: "bilinear", Scale: []float64{2, 0.5}}}, ""},
		{"resize to nothing", Node{Op: Resize{Mode: "nearest"}}, "either size or scale"},
		{"resize to both", Node{Op: Resize{Mode: "nearest", Size: Pair{2, 3}, Scale: []float64{2, 2}}}, "either size or scale"},
		{"resize by one number", Node{Op: Resize{Mode: "nearest", Scale: []float64{2}}}, "2 numbers"},
		{"resize by zero", Node{Op: Resize{Mode: "nearest", Scale: []float64{2, 0}}}, "scale 0"},
		{"resize by NaN", Node{Op: Resize{Mode: "nearest", Scale: []float64{2, math.NaN()}}}, "scale NaN"},
		{"resize in another mode", Node{Op: Resize{Mode: "cubic", Size: Pair{2, 3}}}, `mode "cubic"`},
		{"blurpool", Node{Op: BlurPool{Stride: Pair{2, 2}}}, ""},
		{"blurpool by one", Node{Op: BlurPool{Stride: Pair{1, 1}}}, "stride [1 1]"},
		{"blurpool unevenly", Node{Op: BlurPool{Stride: Pair{2, 3}}}, "the same along both axes"},
		{"slice", Node{Op: Slice{Start: []int{0, 0, 0}, Step: []int{1, 2, 2}}}, ""},
		{"slice of nothing", Node{Op: Slice{}}, "one number for each"},
		{"slice with eight axes", Node{Op: Slice{Start: make([]int, 8), Step: slices.Repeat([]int{1}, 8)}}, "one number for each"},
		{"slice with few steps", Node{Op: Slice{Start: []int{0, 0, 0}, Step: []int{1}}}, "one number for each"},
		{"slice with few stops", Node{Op: Slice{Start: []int{0, 0, 0}, Stop: []int{1}, Step: []int{1, 1, 1}}}, "one number for each"},
		{"slice from behind", Node{Op: Slice{Start: []int{-1}, Step: []int{1}}}, "start -1"},
		{"slice without step", Node{Op: Slice{Start: []int{0}, Step: []int{0}}}, "step 0"},
		{"slice that stops early", Node{Op: Slice{Start: []int{3}, Stop: []int{3}, Step: []int{1}}}, "stop 3"},
		{"pad", Node{Op: Pad{Mode: "zeros", Before: []int{1, 0, 0}, After: []int{1, 0, 0}}}, ""},
		{"pad unevenly", Node{Op: Pad{Mode: "zeros", Before: []int{1, 0, 0}, After: []int{1}}}, "one number for each"},
		{"pad by less than nothing", Node{Op: Pad{Mode: "zeros", Before: []int{-1}, After: []int{1}}}, "before -1"},
		{"pad without mode", Node{Op: Pad{Before: []int{1}, After: []int{1}}}, `mode ""`},
		{"reflect channels", Node{Op: Pad{Mode: "reflect", Before: []int{1, 0, 0}, After: []int{0, 0, 0}}}, "height and width only"},
		{"layernorm", Node{Op: LayerNorm{Eps: 1e-6}}, ""},
		{"layernorm that may divide by zero", Node{Op: LayerNorm{}}, "eps 0"},
		{"affine", Node{Op: Affine{Bias: true}}, ""},
		{"shuffle", Node{Op: Shuffle{Groups: 2}}, ""},
		{"shuffle without groups", Node{Op: Shuffle{}}, "groups 0"},
		{"lrn", Node{Op: LRN{Window: 5, Alpha: 1e-4, Beta: 0.75, K: 1}}, ""},
		{"lrn without window", Node{Op: LRN{Alpha: 1e-4, Beta: 0.75, K: 1}}, "window 0"},
		{"lrn that may divide by zero", Node{Op: LRN{Window: 5, Alpha: 1e-4, Beta: 0.75}}, "k 0"},
		{"lrn below zero", Node{Op: LRN{Window: 5, Alpha: -1, Beta: 0.75, K: 1}}, "alpha -1"},
		{"dropout", Node{Op: Dropout{}}, ""},
		{"dropout of all", Node{Op: Dropout{Rate: 1}}, "rate 1"},
		{"layernorm over falling axes", Node{Op: LayerNorm{Eps: 1, Axes: []int{1, 0}}}, "do not rise"},
		{"softmax over the eighth axis", Node{Op: Softmax{Axis: 7}}, "axis 7"},
		{"reshape", Node{Op: Reshape{Shape: []int{2, -1}}}, ""},
		{"reshape to nothing", Node{Op: Reshape{}}, "1 to 7 numbers"},
		{"reshape to anything", Node{Op: Reshape{Shape: []int{-1, -1}}}, "only one"},
		{"reshape to less", Node{Op: Reshape{Shape: []int{0, 2}}}, "shape 0"},
		{"transpose", Node{Op: Transpose{Order: []int{1, 2, 0}}}, ""},
		{"transpose twice", Node{Op: Transpose{Order: []int{1, 1}}}, "axis 1 twice"},
		{"transpose beyond", Node{Op: Transpose{Order: []int{0, 2}}}, "order 2"},
		{"reduce", Node{Op: Reduce{Mode: "max", Axes: []int{0, 2}}}, ""},
		{"reduce somehow", Node{Op: Reduce{Mode: "median", Axes: []int{0}}}, `mode "median"`},
		{"reduce nothing", Node{Op: Reduce{Mode: "sum"}}, "axes need"},
		{"expand to a huge size", Node{Op: Expand{Shape: []int{1 << 20, 1 << 20}}}, "more than"},
		{"round", Node{Op: Round{Levels: 8}}, ""},
		{"round to nothing", Node{Op: Round{}}, "levels 0"},
		{"fakequantize", Node{Op: FakeQuantize{Scale: []float64{0.1}, Zero: []int{128}, Max: 255}}, ""},
		{"fakequantize without steps", Node{Op: FakeQuantize{Max: 255}}, "equally many numbers, not 0 and 0"},
		{"fakequantize unevenly", Node{Op: FakeQuantize{Scale: []float64{1, 2}, Zero: []int{0}, Max: 255}}, "not 2 and 1"},
		{"fakequantize by nothing", Node{Op: FakeQuantize{Scale: []float64{1e-60}, Zero: []int{0}, Max: 255}}, "scale 0 is not above 0"},
		{"fakequantize around nothing", Node{Op: FakeQuantize{Scale: []float64{1}, Zero: []int{256}, Max: 255}}, "zero 256"},
		{"fakequantize to one level", Node{Op: FakeQuantize{Scale: []float64{1}, Zero: []int{0}}}, "min 0 is not below max 0"},
		{"noise", Node{Op: Noise{Sigma: 0.1}}, ""},
		{"silent noise", Node{Op: Noise{}}, "sigma 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := tt.n
			n.Name, n.In = "x", []string{Input}
			err := (&Graph{Nodes: []Node{n}}).Validate()
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `node "x": `+n.Op.Name()) {
				t.Errorf("error %v, want one of node \"x\" (%s) with %q", err, n.Op.Name(), tt.want)
			}
		})
	}
}
