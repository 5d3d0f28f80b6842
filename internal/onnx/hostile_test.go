package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// message joins the fields of a message.
func message(fields ...[]byte) []byte { return bytes.Join(fields, nil) }

func number(num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), uint64(v))
}

func text[T string | []byte](num protowire.Number, v T) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), []byte(v))
}

// nodeOf is "Op in in > out", with attributes of integers.
func nodeOf(line string, attributes ...[]byte) []byte {
	before, after, _ := strings.Cut(line, " > ")
	words := strings.Fields(before)
	n := text(4, words[0])
	for _, in := range words[1:] {
		n = append(n, text(1, in)...)
	}
	for _, out := range strings.Fields(after) {
		n = append(n, text(2, out)...)
	}
	for _, a := range attributes {
		n = append(n, text(5, a)...)
	}
	return text(1, n)
}

// attr is an attribute of an integer, or of a list; its type is left out, as the oldest files do.
func attr(name string, values ...int64) []byte {
	a := text(1, name)
	if len(values) == 1 {
		a = append(a, number(3, values[0])...)
	}
	for _, v := range values {
		a = append(a, number(8, v)...)
	}
	return a
}

// ints64 is an initializer of one axis.
func ints64(name string, values ...int64) []byte {
	t := message(text(8, name), number(1, int64(len(values))), number(2, 7))
	for _, v := range values {
		t = append(t, number(7, v)...)
	}
	return text(5, t)
}

func zeros(name string, dims ...int64) []byte {
	t := message(text(8, name), number(2, 1))
	n := int64(4)
	for _, d := range dims {
		t = append(t, number(1, d)...)
		n *= d
	}
	return text(5, append(t, text(9, make([]byte, n))...))
}

func scalars(name string, x float32) []byte {
	return text(5, message(text(8, name), number(2, 1), text(9, binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))))
}

func valueOf(field protowire.Number, name string, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		shape = append(shape, text(1, number(1, d))...)
	}
	return text(field, message(text(1, name), text(2, text(1, message(number(1, 1), text(2, shape))))))
}

// file is a model of a graph with input x [1,3,8,8], output y and the parts given.
func file(parts ...[]byte) []byte {
	graph := message(append(parts, valueOf(11, "x", 1, 3, 8, 8), valueOf(12, "y"))...)
	return message(number(1, 8), text(8, number(2, 13)), text(7, graph))
}

func small() Options {
	return Options{Open: func(name string) ([]byte, error) {
		if name != "there" {
			return nil, fmt.Errorf("no file %q", name)
		}
		return make([]byte, 16), nil
	}}
}

func TestHostileFiles(t *testing.T) {
	flat := nodeOf("Flatten x > y")
	big := int64(1) << 40
	weight := func(fields ...[]byte) []byte { return text(5, message(append(fields, text(8, "w"))...)) }
	external := func(location, offset, length string) []byte {
		pair := func(k, v string) []byte { return text(13, message(text(1, k), text(2, v))) }
		return weight(number(1, 4), number(2, 1), number(14, 1), pair("location", location), pair("offset", offset), pair("length", length))
	}
	claim := protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.BytesType), 1<<31)
	use := message(nodeOf("Flatten x > f"), nodeOf("Add f w > y"))
	double := []byte{}
	for i := range 60 {
		double = append(double, nodeOf(fmt.Sprintf("Concat c%d c%d > c%d", i, i, i+1), attr("axis", 0))...)
	}
	typed := func(name string, typ int64, fields ...[]byte) []byte {
		return message(append(fields, text(1, name), number(20, typ))...)
	}
	norms := message(ints64("pads", 0, 1<<20-4, 0, 0, 0, 0, 0, 0), scalars("eps", 1e-5), scalars("two", 2), nodeOf("Pad x pads > p"), nodeOf("Transpose p > n0", attr("perm", 0, 2, 3, 1)))
	for i := range 100 { // each normalizes a million channels
		line := func(s string) string { return fmt.Sprintf(strings.ReplaceAll(s, "#", "%[1]d"), i) }
		last := message(text(1, "axes"), number(8, 3))
		norms = message(norms, nodeOf(line("ReduceMean n# > m#"), last), nodeOf(line("Sub n# m# > c#")), nodeOf(line("Pow c# two > s#")),
			nodeOf(line("ReduceMean s# > v#"), last), nodeOf(line("Add v# eps > e#")), nodeOf(line("Sqrt e# > d#")),
			nodeOf(fmt.Sprintf("Div c%d d%d > n%d", i, i, i+1)))
	}
	halves := text(5, message(text(8, "h"), number(1, 1<<10), number(1, 1<<10), number(1, 1), number(1, 1), number(2, 10), text(9, make([]byte, 2<<20))))
	halves = message(halves, zeros("w", 1<<10, 3, 1, 1), nodeOf("Conv x w > c0"))
	for i := range 200 { // each makes 4 MiB of the same 2
		halves = message(halves, nodeOf(fmt.Sprintf("Conv c%d h > c%d", i, i+1)))
	}
	conv := func(attributes ...[]byte) []byte {
		return file(zeros("w", 4, 3, 3, 3), nodeOf("Conv x w > c", attributes...), nodeOf("Flatten c > y"))
	}
	tests := map[string]struct {
		data []byte
		want string
	}{
		"nothing":                    {nil, "no graph in the file"},
		"no field":                   {[]byte{0}, "byte 0 is no field"},
		"no operator set":            {message(text(7, flat)), "operator set 0"},
		"two graphs":                 {message(text(7, flat), text(7, flat)), "two graphs"},
		"no input":                   {message(text(8, number(2, 13)), text(7, flat)), "the graph has no input"},
		"a claim of 2 GiB":           {file(use, text(5, message(text(8, "w"), claim, []byte("abcd")))), "initializer 0: field 9 claims 2147483648 bytes, 4 are left"},
		"a shape of 2^80":            {file(use, weight(number(1, big), number(1, big), number(2, 1))), `initializer "w": shape [1099511627776 1099511627776] is beyond all bounds`},
		"a shape below 0":            {file(use, weight(number(1, -1), number(2, 1))), "beyond all bounds"},
		"a shape that is not filled": {file(use, weight(number(1, 1<<29), number(2, 1), text(9, "abcd"))), `initializer "w": 4 bytes of data for shape [536870912] of F32, which takes 2147483648`},
		"a type that is none":        {file(use, weight(number(1, 1), number(2, 77))), "ONNX's type 77"},
		"a file elsewhere":           {file(use, external("../elsewhere", "0", "16")), `initializer "w": no file "../elsewhere"`},
		"beyond a file":              {file(use, external("there", "8", "16")), `16 bytes from byte 8 of "there", which has 16`},
		"before a file":              {file(use, external("there", "-8", "16")), "from byte -8"},
		"no number":                  {file(use, external("there", "one", "16")), `its offset "one" is not a number`},
		"a long name":                {file(nodeOf("Flatten " + strings.Repeat("x", 5000) + " > y")), "node 0: a name of 5000 bytes"},
		"a cycle":                    {file(nodeOf("Add x b > a"), nodeOf("Relu a > b"), nodeOf("Flatten b > y")), `node Add "a" uses "b", which no node before it gives: the graph has a cycle`},
		"a node of itself":           {file(nodeOf("Add x y > y")), "the graph has a cycle"},
		"a name twice":               {file(nodeOf("Split x > a a", attr("axis", 3)), nodeOf("Flatten a > y")), "a second time"},
		"two nodes of a name":        {file(nodeOf("Relu x > a"), nodeOf("Sigmoid x > a"), nodeOf("Flatten a > y")), `node Sigmoid "a" gives "a" a second time`},
		"nothing there":              {file(nodeOf("Flatten z > y")), `uses "z"`},
		"no output":                  {file(nodeOf("Flatten x > z")), `no node gives the output "y"`},
		"an operator that is none":   {file(nodeOf("NonMaxSuppression x > a"), nodeOf("Flatten a > y")), `node NonMaxSuppression "a": this operator is not among those that adopt translates`},
		"an operator of two lines":   {file(text(1, message(text(4, "a\nb\x1b[2J\xff"), text(1, "x"), text(2, "y")))), `node a?b?[2J` + "\uFFFD" + ` "y": this operator`},
		"another domain":             {file(text(1, message(text(4, "FusedConv"), text(7, "com.microsoft"), text(1, "x"), text(2, "y")))), `node com.microsoft.FusedConv "y": an operator of "com.microsoft"`},
		"a constant answer":          {file(ints64("c", 1, 2), nodeOf("Identity c > y")), `the output "y" does not depend on the image`},
		"the input again":            {file(nodeOf("Identity x > y")), "it is the input"},
		"half a billion numbers":     {file(ints64("s", 1<<29), nodeOf("ConstantOfShape s > c"), nodeOf("Add x c > y")), "more memory than the file accounts for"},
		"numbers that double":        {file(ints64("c0", 1), double, nodeOf("Reshape x c60 > y")), "more memory than the file accounts for"},
		"a range without end":        {file(ints64("a", 0), ints64("b", big), ints64("c", 1), nodeOf("Range a b c > r"), nodeOf("Reshape x r > y")), "more memory than the file accounts for"},
		"a step of 0":                {file(ints64("a", 0), nodeOf("Range a a a > r"), nodeOf("Reshape x r > y")), "its step is 0"},
		"a wide sum":                 {file(ints64("a", make([]int64, 1<<15)...), nodeOf("Unsqueeze a one > b"), ints64("one", 1), nodeOf("Add a b > c"), nodeOf("Reshape x c > y")), "more memory"},
		"norms that share nothing":   {file(norms, nodeOf("Flatten n100 > y")), "more memory than the file accounts for"},
		"halves that are shared":     {file(halves, nodeOf("GlobalAveragePool c200 > g"), nodeOf("Flatten g > y")), "more memory than the file accounts for"},
		"a text for an integer":      {conv(typed("group", 3, text(4, "1"))), "its attribute group is a text, not an integer"},
		"a float for a list":         {conv(typed("pads", 1)), "its attribute pads is a float, not a list of integers"},
		"floats for a list":          {file(nodeOf("Transpose x > t", typed("perm", 6)), nodeOf("Flatten t > y")), "its attribute perm is a list of floats, not a list of integers"},
		"an integer for a float":     {file(nodeOf("LeakyRelu x > r", typed("alpha", 2, number(3, 1))), nodeOf("Flatten r > y")), "its attribute alpha is an integer, not a float"},
		"a type that is unknown":     {file(nodeOf("LeakyRelu x > r", typed("alpha", 99)), nodeOf("Flatten r > y")), "its attribute alpha is of ONNX's type 99, not a float"},
		"a division by 0":            {file(ints64("a", 0), nodeOf("Div a a > b"), nodeOf("Reshape x b > y")), "it divides by 0"},
		"a reshape to more":          {file(ints64("a", 1, 9), nodeOf("Reshape x a > y")), "shape [1 9] for an input of [1 3 8 8]"},
		"a reshape to 0":             {file(ints64("a", 0, -1, 0, 0, 0), nodeOf("Reshape x a > y")), `node Reshape "y"`},
		"a reshape to two unknowns":  {file(ints64("a", -1, -1), nodeOf("Reshape x a > y")), "shape [-1 -1] is none"},
		"a reshape that stays":       {file(ints64("a", 1, 24, 8), nodeOf("Reshape x a > b"), nodeOf("Relu b > c"), zeros("w", 1, 1, 3, 3), nodeOf("Conv c w > y")), "its input of shape [1 24 8] does not have batch, channels, height and width"},
		"a perm that is none":        {file(nodeOf("Transpose x > y", attr("perm", 0, 1, 1, 2))), "perm [0 1 1 2] does not fit"},
		"an axis beyond":             {file(nodeOf("Concat x x > y", attr("axis", 9))), "axis 9 is none"},
		"a kernel beyond":            {file(nodeOf("MaxPool x > y", attr("kernel_shape", big, big))), "are not all within 1 and 4096"},
		"a stride of 0":              {conv(attr("strides", 0, 0)), "are not all within 1 and 4096"},
		"pads below 0":               {conv(attr("pads", -1, 0, 0, 0)), "pads [-1 0 0 0] are not within"},
		"groups of 0":                {conv(attr("group", 0)), "in 0 groups"},
		"a convolution of lines":     {file(zeros("w", 4, 3, 3), nodeOf("Conv x w > y")), "only convolutions along height and width"},
		"a weight from the image":    {file(nodeOf("Conv x x > y")), "its weight is computed from the image"},
		"no weight":                  {file(nodeOf("Conv x > y")), "its weight is missing"},
		"nothing to work on":         {file(nodeOf("Relu > y")), "its first input is missing"},
		"a shape from the image":     {file(nodeOf("Reshape x x > y")), "its shape are computed from the image"},
		"a matrix that does not fit": {file(nodeOf("Flatten x > f"), zeros("m", 3, 3), nodeOf("MatMul f m > y")), "it multiplies shapes [1 192] and [3 3]"},
		"many channels":              {file(nodeOf("Flatten x > f"), ints64("i", odd(4097)...), nodeOf("Gather f i > y", attr("axis", 1))), "one axis of few"},
		"an index beyond":            {file(ints64("i", 7), nodeOf("Gather x i > y", attr("axis", 1))), "index 7 is beyond an axis of 3"},
		"a condition":                {file(nodeOf("If x > y")), `node If "y"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := Read(tt.data, small())
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want a line with %q", err, tt.want)
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 600<<20 {
				t.Errorf("%d MB were allocated", made>>20)
			}
		})
	}
}

// A file beside the model is read once whatever it is called, and only if its tensors are needed; as much may be made of
// it as of the model's own tensors.
func TestFilesBesideAreAccountedFor(t *testing.T) {
	tr := &translator{}
	var asked []string
	open := tr.accounted(func(name string) ([]byte, error) {
		asked = append(asked, name)
		return make([]byte, 100), nil
	})
	for _, name := range []string{"a", "./a", "b/../a", "b/a"} {
		if _, err := open(name); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(asked, tr.left); got != "[a b/a] 800" {
		t.Error(got)
	}
	o := small()
	o.Open = func(name string) ([]byte, error) {
		t.Errorf("%q is read, and nothing of it is needed", name)
		return nil, nil
	}
	unused := text(5, message(text(8, "w"), number(1, 4), number(2, 1), number(14, 1), text(13, message(text(1, "location"), text(2, "there")))))
	if _, _, err := Read(file(unused, nodeOf("Flatten x > y")), o); err != nil {
		t.Error(err)
	}
}

func odd(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i % 2)
	}
	return out
}

// Two bytes of a file can claim an object: their number is bounded.
func TestObjectsAreBounded(t *testing.T) {
	nodes := bytes.Repeat(text(1, ""), 1<<21)
	numbers := bytes.Repeat([]byte{1}, 1<<23)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"nodes":      {file(nodes), "more than 1048576 nodes"},
		"attributes": {file(text(1, bytes.Repeat(text(5, ""), 1<<21))), "more than 1048576 nodes"},
		"dimensions": {file(text(11, text(2, text(1, text(2, bytes.Repeat(text(1, ""), 1<<21)))))), "more than 1048576 nodes"},
		"numbers":    {file(text(5, text(7, numbers))), "more than 4194304 numbers"},
		"ints":       {file(text(1, text(5, text(8, numbers)))), "more than 4194304 numbers"},
	} {
		_, _, err := Read(tt.data, small())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

func TestIs(t *testing.T) {
	for data, want := range map[string]bool{
		"\x08\x07\x12\x07pytorch":           true,
		"\x08\x0a\x3a\x00":                  true,
		string(file()):                      true,
		"":                                  false,
		"PK\x03\x04":                        false,
		"\x80\x02}q":                        false,
		"\x08\x07\x00":                      false,
		"\x08\x02\x3a\x00\x00\x00\x00\x00{": true, // claims more than there is
		"\x08\x00\x00\x00\x00\x00\x00\x00{\"a\":1}     ": false,
	} {
		if got := Is([]byte(data)); got != want {
			t.Errorf("Is(%q) = %v", data, got)
		}
	}
}

// Before operator set 9 Upsample has its scales as an attribute.
func TestUpsampleOfOldFiles(t *testing.T) {
	var scales []byte
	for _, s := range []float32{1, 1, 2, 3} {
		scales = binary.LittleEndian.AppendUint32(scales, math.Float32bits(s))
	}
	graph := message(nodeOf("Upsample x > u", message(text(1, "scales"), number(20, 6), text(7, scales))), nodeOf("Flatten u > y"),
		valueOf(11, "x", 1, 3, 8, 8), valueOf(12, "y"))
	model, _, err := Read(message(number(1, 3), text(8, number(2, 7)), text(7, graph)), small())
	if err != nil {
		t.Fatal(err)
	}
	if op := model.Graph.Nodes[1].Op; fmt.Sprintf("%s %+v", op.Name(), op) != "resize {Mode:nearest Size:[16 24] Scale:[] Align:false}" {
		t.Errorf("%+v", model.Graph.Nodes[1])
	}
}
