package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"herbarium/format"
)

// The numbers of a tensor may be raw, or in a field for their type, packed or not.
func TestConstants(t *testing.T) {
	single := func(num protowire.Number, v float32) []byte {
		return protowire.AppendFixed32(protowire.AppendTag(nil, num, protowire.Fixed32Type), math.Float32bits(v))
	}
	double := binary.LittleEndian.AppendUint64(nil, math.Float64bits(-2.5))
	tests := map[string]struct {
		proto []byte
		want  string
	}{
		"float_data":         {message(number(1, 2), number(2, 1), single(4, 1.5), single(4, -2)), "[1.5 -2]"},
		"float_data, packed": {message(number(1, 1), number(2, 1), text(4, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1.5)))), "[1.5]"},
		"in two parts": {message(number(1, 2), number(2, 1), text(4, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1.5))),
			text(4, binary.LittleEndian.AppendUint32(nil, math.Float32bits(3)))), "[1.5 3]"},
		"double_data":       {message(number(1, 1), number(2, 11), text(10, double)), "[-2.5]"},
		"raw doubles":       {message(number(1, 1), number(2, 11), text(9, double)), "[-2.5]"},
		"halves as int32":   {message(number(1, 2), number(2, 10), text(5, []byte{0x80, 0x78, 0x80, 0x80, 0x03})), "[1 -2]"},
		"bfloat16 as int32": {message(number(1, 1), number(2, 16), number(5, 0x3f80)), "[1]"},
		"int64_data":        {message(number(1, 2), number(2, 7), number(7, -3), number(7, 4)), "[-3 4]"},
		"int32_data":        {message(number(1, 1), number(2, 6), number(5, -3)), "[-3]"},
		"bytes":             {message(number(1, 2), number(2, 2), text(9, []byte{1, 255})), "[1 255]"},
		"int8":              {message(number(1, 1), number(2, 3), text(9, []byte{255})), "[-1]"},
		"booleans":          {message(number(1, 2), number(2, 9), number(5, 1), number(5, 0)), "[1 0]"},
		"a scalar":          {message(number(2, 7), number(7, 5)), "[5]"},
		"nothing":           {message(number(1, 0), number(2, 1)), "[]"},
	}
	for name, tt := range tests {
		var p tensorProto
		err := (&decoder{}).tensor("it", tt.proto, &p)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.constant(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if v, err := floats(c); err != nil || fmt.Sprint(v) != tt.want {
			t.Errorf("%s: %v, %v, want %s", name, v, err, tt.want)
		}
	}
}

// What is computed of constants.
func TestFolding(t *testing.T) {
	whole := func(shape []int, v ...int64) *constant { c := format.Of("", shape, v); return &c }
	real := func(v ...float32) *constant { c := format.Of("", []int{len(v)}, v); return &c }
	row := func(v ...int64) *constant { return whole([]int{len(v)}, v...) }
	with := func(op string, a ...attribute) *node { return &node{op: op, out: []string{"y"}, attributes: a} }
	to := func(v int64) attribute { return attribute{name: "to", i: v} }
	axis := func(v int64) attribute { return attribute{name: "axis", i: v} }
	table := whole([]int{2, 3}, 0, 1, 2, 3, 4, 5)
	tests := []struct {
		n    *node
		in   []*constant
		want string
	}{
		{with("Constant", attribute{name: "value_float", f: 1.5}), nil, "[] [1.5]"},
		{with("Constant", attribute{name: "value_int", i: 3}), nil, "[] [3]"},
		{with("Constant", attribute{name: "value_ints", ints: []int64{3, 4}}), nil, "[2] [3 4]"},
		{with("Constant", attribute{name: "value_floats", floats: []byte{0, 0, 128, 63}}), nil, "[1] [1]"},
		{with("Cast", to(7)), []*constant{real(1.9, -1.9)}, "[2] [1 -1]"},
		{with("Cast", to(1)), []*constant{row(1, 2)}, "[2] [1 2]"},
		{with("Cast", to(9)), []*constant{row(7, 0)}, "[2] [1 0]"},
		{with("Shape"), []*constant{table}, "[2] [2 3]"},
		{with("Transpose"), []*constant{table}, "[3 2] [0 3 1 4 2 5]"},
		{with("Reshape"), []*constant{table, row(3, -1)}, "[3 2] [0 1 2 3 4 5]"},
		{with("Flatten", axis(0)), []*constant{table}, "[1 6] [0 1 2 3 4 5]"},
		{with("Squeeze"), []*constant{whole([]int{1, 2, 1}, 1, 2)}, "[2] [1 2]"},
		{with("Expand"), []*constant{row(1, 2), row(2, 1)}, "[2 2] [1 2 1 2]"},
		{with("Gather", axis(1)), []*constant{table, row(2, -3)}, "[2 2] [2 0 5 3]"},
		{with("Gather"), []*constant{table, whole(nil, 1)}, "[3] [3 4 5]"},
		{with("Concat", axis(1)), []*constant{table, table}, "[2 6] [0 1 2 0 1 2 3 4 5 3 4 5]"},
		{with("Slice"), []*constant{table, row(1), row(1 << 40), row(-1)}, "[2 2] [1 2 4 5]"},
		{with("Slice"), []*constant{table, row(-1), row(-1 << 40), row(1), row(-2)}, "[2 2] [2 0 5 3]"},
		{with("Range"), []*constant{whole(nil, 5), whole(nil, 0), whole(nil, -2)}, "[3] [5 3 1]"},
		{with("ConstantOfShape"), []*constant{row(2, 1)}, "[2 1] [0 0]"},
		{with("Add"), []*constant{table, row(10, 20, 30)}, "[2 3] [10 21 32 13 24 35]"},
		{with("Div"), []*constant{row(7, -7), row(2)}, "[2] [3 -3]"},
		{with("Mul"), []*constant{real(1.5), row(2)}, "[1] [3]"},
		{with("Sqrt"), []*constant{real(9)}, "[1] [3]"},
		{with("Equal"), []*constant{row(1, 2), row(1)}, "[2] [1 0]"},
		{with("Where"), []*constant{row(1, 0), row(5, 6), row(7, 8)}, "[2] [5 8]"},
		{with("Where"), []*constant{row(1, 0), real(0.5), real(1.5)}, "[2] [0.5 1.5]"},
	}
	for _, tt := range tests {
		c, err := (&translator{opset: 13, memory: memory{left: 1 << 20}}).fold(tt.n, tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.n.op, err)
			continue
		}
		if v, err := floats(c); err != nil || fmt.Sprint(c.Shape, v) != tt.want {
			t.Errorf("%s: %v %v, %v, want %s", tt.n.op, c.Shape, v, err, tt.want)
		}
	}
}
