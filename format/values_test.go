package format

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func TestValues(t *testing.T) {
	type celsius float32
	x := Of("t", []int{2, 1}, []celsius{1.5, -2})
	if x.DType != F32 || x.Len() != 2 || !bytes.Equal(x.Data, []byte{0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0}) {
		t.Errorf("%+v", x)
	}
	v, err := Values[celsius](&x)
	if err != nil || !slices.Equal(v, []celsius{1.5, -2}) {
		t.Errorf("%v %v", v, err)
	}
	if v[0] = 7; x.Data[3] != 0x40 {
		t.Error("aligned values were copied")
	}
	empty := Of("e", []int{0, 3}, []int64(nil))
	if v, err := Values[int64](&empty); err != nil || len(v) != 0 || empty.Len() != 0 {
		t.Errorf("%v %v", v, err)
	}
}

func TestValuesUnaligned(t *testing.T) {
	b := make([]byte, 17)
	at := 1
	if uintptr(unsafe.Pointer(&b[1]))%8 == 0 {
		at = 2
	}
	x := Of("x", []int{1}, []float64{math.Pi})
	copy(b[at:], x.Data)
	x.Data = b[at : at+8]
	if v, err := Values[float64](&x); err != nil || v[0] != math.Pi {
		t.Errorf("%v %v", v, err)
	}
}

func TestValuesErrors(t *testing.T) {
	for name, c := range map[string]struct {
		tensor Tensor
		says   string
	}{
		"other dtype":   {Of("x", []int{1}, []int32{1}), `tensor "x": is I32, not BOOL`},
		"not a bool":    {Tensor{Name: "x", DType: Bool, Shape: []int{2}, Data: []byte{1, 2}}, "element 1 is 2"},
		"too short":     {Tensor{Name: "x", DType: Bool, Shape: []int{2}, Data: []byte{1}}, "needs 2 bytes"},
		"header only":   {Tensor{Name: "x", DType: Bool, Shape: []int{2}}, "needs 2 bytes"},
		"negative":      {Tensor{Name: "x", DType: Bool, Shape: []int{-1}}, "negative"},
		"unknown dtype": {Tensor{Name: "x", DType: "U64"}, "is U64"},
	} {
		if _, err := Values[bool](&c.tensor); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFloat32s(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, c := range map[string]struct {
		tensor Tensor
		want   []float32
	}{
		"U8":  {Of("x", []int{2}, []uint8{0, 255}), []float32{0, 255}},
		"F32": {Of("x", []int{1}, []float32{0.1}), []float32{0.1}},
		"F64": {Of("x", []int{2}, []float64{0.1, 1e300}), []float32{0.1, inf}},
		"BF16": {Tensor{Name: "x", DType: BF16, Shape: []int{3}, Data: []byte{0x80, 0x3f, 0x80, 0xff, 0x01, 0x00}},
			[]float32{1, -inf, math.Float32frombits(1 << 16)}},
		// 1, -2, largest, smallest normal, largest and smallest subnormal, -0, infinity, NaN
		"F16": {Tensor{Name: "x", DType: F16, Shape: []int{9}, Data: []byte{0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 4, 0xff, 3, 1, 0, 0, 0x80, 0, 0x7c, 1, 0x7e}},
			[]float32{1, -2, 65504, 0x1p-14, 0x1.ff8p-15, 0x1p-24, float32(math.Copysign(0, -1)), inf, nan}},
	} {
		got, err := Float32s(&c.tensor)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v %v", name, got, err)
			continue
		}
		for i, w := range c.want {
			g := got[i]
			if g != w && (g == g || w == w) || math.Signbit(float64(g)) != math.Signbit(float64(w)) {
				t.Errorf("%s, %d: %v, not %v", name, i, g, w)
			}
		}
	}
	bad := Of("x", []int{1}, []int32{1})
	if _, err := Float32s(&bad); err == nil {
		t.Error("I32 became float32")
	}
}

// What a big-endian host would do.
func TestSwapped(t *testing.T) {
	if got := swapped([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 4); !bytes.Equal(got, []byte{4, 3, 2, 1, 8, 7, 6, 5}) {
		t.Error(got)
	}
}
