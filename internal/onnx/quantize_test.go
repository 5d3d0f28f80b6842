package onnx

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	"herbarium/internal/graph"
)

// tensorOf is an initializer of any type that the stream has, too.
func tensorOf(name string, c format.Tensor) []byte {
	t := message(text(8, name), text(9, c.Data))
	for _, d := range c.Shape {
		t = append(t, number(1, int64(d))...)
	}
	for number2, dtype := range types {
		if dtype == c.DType {
			t = append(t, number(2, number2)...)
		}
	}
	return text(5, t)
}

// quantized is a convolution between quantizations, as ONNX Runtime's quantizer writes it: the ReLU behind it is gone, for
// the numbers of the quantization after it begin at zero. largest is where they end.
func quantized(largest float32, zero int8, more ...[]byte) []byte {
	weight := []int8{10, 20, 30, -10, -20, -30}
	return file(append(more,
		tensorOf("scale", format.Of("", nil, []float32{0.5})), tensorOf("zero", format.Of("", nil, []uint8{0})),
		tensorOf("conv.weight_quantized", format.Of("", []int{2, 3, 1, 1}, weight)),
		tensorOf("ws", format.Of("", []int{2}, []float32{0.1, 0.01})), tensorOf("wz", format.Of("", []int{2}, []int8{0, 10})),
		tensorOf("bias", format.Of("", []int{2}, []int32{3, -4})), tensorOf("bs", format.Of("", []int{2}, []float32{0.25, 0.5})),
		tensorOf("after", format.Of("", nil, []float32{largest / 255})), tensorOf("least", format.Of("", nil, []int8{zero})),
		nodeOf("QuantizeLinear x scale zero > xq"), nodeOf("DequantizeLinear xq scale zero > xd"),
		nodeOf("DequantizeLinear conv.weight_quantized ws wz > w", attr1("axis", 0)), nodeOf("DequantizeLinear bias bs > b", attr1("axis", 0)),
		nodeOf("Conv xd w b > c"), nodeOf("QuantizeLinear c after least > cq"), nodeOf("MaxPool cq > mq", attr("kernel_shape", 2, 2)),
		nodeOf("DequantizeLinear mq after least > cd"), nodeOf("GlobalAveragePool cd > g"), nodeOf("Flatten g > f"),
		nodeOf("QuantizeLinear f scale zero > yq"), nodeOf("DequantizeLinear yq scale zero > y"))...)
}

// attr1 is an attribute of one integer that may be 0.
func attr1(name string, v int64) []byte {
	return message(text(1, name), number(3, v), number(20, anInteger))
}

// A quantized file is the net that it computes: weights are (q - zero) scale, and pairs of quantizations are nodes that
// round and cut off as they do, also where a pool is between the two.
func TestQuantizedFilesRoundAsTheyDo(t *testing.T) {
	net, notes, err := Read(quantized(3, -128), small())
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	var rounding []graph.Op
	for _, n := range net.Graph.Nodes {
		ops = append(ops, n.Op.Name())
		if n.Op.Name() == "fakequantize" {
			rounding = append(rounding, n.Op)
		}
	}
	if got, want := strings.Join(ops, " "), "normalize fakequantize conv fakequantize maxpool gap fakequantize flatten"; got != want {
		t.Fatalf("nodes %s, want %s", got, want)
	}
	bytes := graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{0}, Max: 255}
	after := graph.FakeQuantize{Scale: []float64{float64(float32(3) / 255)}, Zero: []int{-128}, Min: -128, Max: 127}
	if diff := cmp.Diff([]graph.Op{bytes, after, bytes}, rounding); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	const note = "quantized: 2 weights and biases are the floats that they stand for, and 3 roundings between layers are done as in the file, by nodes fakequantize"
	if !slices.Contains(notes, note) {
		t.Errorf("notes %q, want %q", notes, note)
	}
	for name, want := range map[string][]float32{"conv.weight": {1, 2, 3, -0.2, -0.3, -0.4}, "conv.bias": {0.75, -2}} {
		p := net.Params[name]
		got, err := format.Float32s(&p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if d := got[i] - want[i]; len(got) != len(want) || d > 1e-6 || d < -1e-6 {
				t.Errorf("%s is %v, want %v", name, got, want)
				break
			}
		}
	}
}

// Scales may differ by channel, levels may have 16 bits and, before operator set 21, ONNX Runtime's own domain, and a zero
// point may be left out.
func TestQuantizationsOfEveryKind(t *testing.T) {
	scales, zeros := tensorOf("s", format.Of("", []int{3}, []float32{0.5, 1, 2})), tensorOf("z", format.Of("", []int{3}, []int8{-5, 0, 7}))
	scale, zero := tensorOf("s", format.Of("", []int{}, []float32{0.5})), tensorOf("z", format.Of("", nil, []int16{-9}))
	own := func(op, in, out string) []byte {
		return text(1, message(text(4, op), text(7, "com.microsoft"), text(1, in), text(1, "s"), text(1, "z"), text(2, out)))
	}
	for name, tt := range map[string]struct {
		parts [][]byte
		want  graph.FakeQuantize
	}{
		"a scale for each channel": {[][]byte{scales, zeros, nodeOf("QuantizeLinear x s z > q"), nodeOf("DequantizeLinear q s z > d"), nodeOf("Flatten d > y")},
			graph.FakeQuantize{Scale: []float64{0.5, 1, 2}, Zero: []int{-5, 0, 7}, Min: -128, Max: 127}},
		"16 bits, ONNX Runtime's domain": {[][]byte{scale, zero, own("QuantizeLinear", "x", "q"), own("DequantizeLinear", "q", "d"), nodeOf("Flatten d > y")},
			graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{-9}, Min: -32768, Max: 32767}},
		"no zero point": {[][]byte{scale, nodeOf("QuantizeLinear x s > q"), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
			graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{0}, Max: 255}},
		"a scale of 16 bits": {[][]byte{tensorOf("s", format.Tensor{DType: format.F16, Data: []byte{0, 0x38}}), nodeOf("QuantizeLinear x s > q"), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
			graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{0}, Max: 255}},
		"no zero point, signed": {[][]byte{scale, nodeOf("QuantizeLinear x s > q", attr1("output_dtype", 3)), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
			graph.FakeQuantize{Scale: []float64{0.5}, Zero: []int{0}, Min: -128, Max: 127}},
	} {
		t.Run(name, func(t *testing.T) {
			net, _, err := Read(file(tt.parts...), small())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(graph.Op(tt.want), net.Graph.Nodes[1].Op); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// Between a quantization and its end integers are computed with, which are not there in the float net.
func TestQuantizedFilesThatAreRefused(t *testing.T) {
	scale := tensorOf("s", format.Of("", nil, []float32{0.5}))
	for want, parts := range map[string][][]byte{
		`node Relu "r": it computes with integers: quantize in the QDQ format`:                  {scale, nodeOf("QuantizeLinear x s > q"), nodeOf("Relu q > r"), nodeOf("DequantizeLinear r s > d"), nodeOf("Flatten d > y")},
		`its scale -1 is not above 0`:                                                           {tensorOf("s", format.Of("", nil, []float32{-1})), nodeOf("QuantizeLinear x s > q"), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
		`2 scales for axis 1 of shape [1 3 1 1]`:                                                {zeros("z", 1, 3, 1, 1), tensorOf("s", format.Of("", []int{2}, []float32{1, 1})), nodeOf("QuantizeLinear z s > q"), nodeOf("DequantizeLinear q s > d"), nodeOf("Conv x d > y")},
		`its scale or zero point is not that of the QuantizeLinear`:                             {scale, tensorOf("r", format.Of("", nil, []float32{0.25})), nodeOf("QuantizeLinear x s > q"), nodeOf("DequantizeLinear q r > d"), nodeOf("Flatten d > y")},
		`node QLinearConv "y": it computes with integers`:                                       {nodeOf("QLinearConv x > y")},
		`node DynamicQuantizeLinear "y": it computes with integers`:                             {nodeOf("DynamicQuantizeLinear x > y")},
		`node ConvInteger "y": it computes with integers`:                                       {nodeOf("ConvInteger x > y")},
		`node QuantizeLinear "q": it has unsigned integers of 16 bits: quantize to signed ones`: {scale, nodeOf("QuantizeLinear x s > q", attr1("output_dtype", 4)), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
		`initializer "z": it has unsigned integers of 16 bits`:                                  {scale, text(5, message(text(8, "z"), number(2, 4), text(9, "\x00\x00"))), nodeOf("QuantizeLinear x s z > q"), nodeOf("DequantizeLinear q s z > d"), nodeOf("Flatten d > y")},
		`it makes ONNX's type 17, which is none of`:                                             {scale, nodeOf("QuantizeLinear x s > q", attr1("output_dtype", 17)), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
		`node com.microsoft.QGemm "y": it computes with integers`:                               {message(text(1, message(text(4, "QGemm"), text(7, "com.microsoft"), text(1, "x"), text(2, "y"))))},
		`node DequantizeLinear "d": its scale is no constant of floats`:                         {nodeOf("DequantizeLinear x > d"), nodeOf("Flatten d > y")},
		`node QuantizeLinear "q": scales of blocks are not translated`:                          {scale, nodeOf("QuantizeLinear x s > q", attr1("block_size", 2)), nodeOf("DequantizeLinear q s > d"), nodeOf("Flatten d > y")},
		`its scale or zero point is computed from the image`:                                    {nodeOf("QuantizeLinear x x > q"), nodeOf("DequantizeLinear q x > d"), nodeOf("Flatten d > y")},
		`node QuantizeLinear "q": 1 scales and 0 zero points`:                                   {scale, tensorOf("z", format.Of("", []int{0}, []uint8{})), nodeOf("QuantizeLinear x s z > q"), nodeOf("DequantizeLinear q s z > d"), nodeOf("Flatten d > y")},
		`node DequantizeLinear "d": its first input is missing`:                                 {text(1, message(text(4, "DequantizeLinear"), text(2, "d"))), nodeOf("Flatten d > y")},
	} {
		if _, _, err := Read(file(parts...), small()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// A net that is exported as it trains answers by the batch, in every operator set, and drops at random.
func TestNetsInTrainingModeAreRefused(t *testing.T) {
	at := func(opset int64, parts ...[]byte) []byte {
		graph := message(append(parts, valueOf(11, "x", 1, 3, 8, 8), valueOf(12, "y"))...)
		return message(number(1, 8), text(8, number(2, opset)), text(7, graph))
	}
	norm := func(outputs string, attributes ...[]byte) []byte {
		return message(zeros("w", 3), zeros("b", 3), zeros("m", 3), zeros("v", 3), nodeOf("BatchNormalization x w b m v > "+outputs, attributes...), nodeOf("Flatten n > y"))
	}
	yes := tensorOf("yes", format.Of("", nil, []bool{true}))
	no := tensorOf("yes", format.Of("", nil, []bool{false}))
	ratio := tensorOf("ratio", format.Of("", nil, []float32{0.5}))
	drop := message(ratio, nodeOf("Dropout x ratio yes > d"), nodeOf("Flatten d > y"))
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"set 9":          {at(9, norm("n")), ""},
		"set 9, five":    {at(9, norm("n m1 v1 sm sv")), "normalizes by the batch: export the net in eval mode"},
		"set 13, five":   {at(13, norm("n m1 v1 sm sv")), "normalizes by the batch: export the net in eval mode"},
		"set 14":         {at(14, norm("n", attr1("training_mode", 0))), ""},
		"set 14, trains": {at(14, norm("n m1 v1", attr1("training_mode", 1))), "normalizes by the batch: export the net in eval mode"},
		"dropout":        {at(13, yes, drop), `node Dropout "d": it drops at random: export the net in eval mode`},
		"dropout, eval":  {at(13, no, drop), ""},
	} {
		_, _, err := Read(tt.data, small())
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}
