package torch_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
	. "herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

func TestConversionsKeepEveryBit(t *testing.T) {
	s := torchtest.Pin(t)
	nan := math.Float32frombits(0x7fc12345) // a NaN with a payload
	negZero := math.Float32frombits(1 << 31)
	f := From(s, []int{2, 2}, []float32{1.5, nan, negZero, -3})
	got := Read[float32](s, f)
	for i, want := range []float32{1.5, nan, negZero, -3} {
		if math.Float32bits(got[i]) != math.Float32bits(want) {
			t.Errorf("element %d: %x, want %x", i, math.Float32bits(got[i]), math.Float32bits(want))
		}
	}
	for _, dtype := range []format.DType{format.Bool, format.U8, format.I8, format.I16, format.I32, format.I64, format.F16, format.BF16, format.F32, format.F64} {
		in := format.Tensor{Name: "x", DType: dtype, Shape: []int{3, 2}, Data: make([]byte, 6*dtype.Size())}
		for i := range in.Data {
			in.Data[i] = byte(i*37) & 1 // valid for booleans too
		}
		out := s.Store("x", s.Load(&in))
		if diff := cmp.Diff(in, out); diff != "" {
			t.Errorf("%s: %s", dtype, diff)
		}
	}
	empty := format.Tensor{Name: "e", DType: format.F32, Shape: []int{0, 3}, Data: []byte{}}
	if got := s.Store("e", s.Load(&empty)); got.Len() != 0 || len(got.Shape) != 2 {
		t.Errorf("empty tensor came back as %v", got)
	}
	scalar := From(s, []int{}, []float64{7})
	if got := s.Number(scalar); got != 7 || len(scalar.Shape()) != 0 {
		t.Errorf("scalar came back as %v, shape %v", got, scalar.Shape())
	}
}

func TestLoadAsReadsBytesAsFloats(t *testing.T) {
	s := torchtest.Pin(t)
	pixels := format.Of("image", []int{3}, []byte{0, 128, 255})
	got := Read[float32](s, s.LoadAs(&pixels, F32, CPU))
	if diff := cmp.Diff([]float32{0, 128, 255}, got); diff != "" {
		t.Error(diff)
	}
}

// Go reuses and moves nothing under a loaded tensor: it is a copy.
func TestLoadCopies(t *testing.T) {
	s := torchtest.Pin(t)
	values := []float32{1, 2, 3}
	x := From(s, []int{3}, values)
	values[0] = 99
	if got := Read[float32](s, x)[0]; got != 1 {
		t.Errorf("the tensor changed with its source: %v", got)
	}
}

func TestEveryFailureIsItsOwnError(t *testing.T) {
	s := torchtest.Pin(t)
	for i := 1; i <= 300; i++ { // libtorch takes 10 ms to make an error
		a, b := s.Zeros([]int{i}, F32, CPU), s.Zeros([]int{i + 1, i + 1}, F32, CPU)
		err := Do(func(s *Scope) error {
			s.Add(a, s.Reshape(b, i+1, i+1))
			s.MatMul(b, s.Reshape(a, i))
			return nil
		})
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("failure %d: no error but %v", i, err)
		}
		if i > 1 && !strings.Contains(e.Message, fmt.Sprint(i)) || strings.Contains(e.Message, "\n") {
			t.Fatalf("failure %d has another's message: %v", i, e)
		}
		wantOp := "add"
		if i == 1 { // size 1 broadcasts, so the product fails
			wantOp = "matmul"
		}
		if e.Op != wantOp {
			t.Fatalf("failure %d: op %q, want %q", i, e.Op, wantOp)
		}
		// The next good operation must not see the old error.
		if err := Do(func(s *Scope) error { s.Copy(a, a); s.Relu(a); return nil }); err != nil {
			t.Fatalf("after failure %d a good operation failed: %v", i, err)
		}
	}
}

func TestInPlaceFailuresAreErrors(t *testing.T) {
	s := torchtest.Pin(t)
	a, b := s.Zeros([]int{2}, F32, CPU), s.Zeros([]int{3}, F32, CPU)
	for op, f := range map[string]func(s *Scope){
		"add_":     func(s *Scope) { s.AddScaled(a, b, 2) },
		"copy_":    func(s *Scope) { s.Copy(a, b) },
		"mul_":     func(s *Scope) { s.MulInPlace(a, b) },
		"lerp_":    func(s *Scope) { s.Lerp(a, b, 0.5) },
		"backward": func(s *Scope) { s.Gradients(a, b) },
		"number":   func(s *Scope) { s.Number(a) },
	} {
		err := Do(func(s *Scope) error { f(s); return nil })
		var e *Error
		if !errors.As(err, &e) || e.Op != op {
			t.Errorf("%s: got error %v", op, err)
		}
	}
}

func TestOtherThreadsAreRefused(t *testing.T) {
	torchtest.Pin(t)
	done := make(chan error)
	go func() { done <- Do(func(*Scope) error { return nil }) }()
	if err := <-done; err == nil {
		t.Error("a goroutine on another thread was let in")
	}
}

func TestGradientsOnlyOfWhatWasAsked(t *testing.T) {
	s := torchtest.Pin(t)
	x := From(s, []int{2}, []float32{3, 4})
	w := From(s, []int{2}, []float32{5, 6})
	unused := From(s, []int{1}, []float32{1})
	s.RequireGrad(x)
	s.RequireGrad(unused)
	err := s.Recording(func() error {
		y := s.Sum(s.Mul(s.Mul(x, x), w)) // dy/dx = 2 x w
		g := s.Gradients(y, x, unused)
		if diff := cmp.Diff([]float32{30, 48}, Read[float32](s, g[0])); diff != "" {
			t.Error(diff)
		}
		if g[1].Defined() {
			t.Error("a variable that y does not depend on has a gradient")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Do(func(s *Scope) error { s.Gradients(s.Sum(x), x); return nil }); err == nil {
		t.Error("outside of a recording there was a gradient")
	}
}

func TestFourierTransformsAreInverse(t *testing.T) {
	s := torchtest.Pin(t)
	values := make([]float32, 6*5)
	for i := range values {
		values[i] = float32(math.Sin(float64(i * i)))
	}
	x := From(s, []int{6, 5}, values)
	spectrum := s.Rfft2(x)
	if diff := cmp.Diff([]int{6, 3, 2}, spectrum.Shape()); diff != "" {
		t.Fatal(diff)
	}
	back := Read[float32](s, s.Irfft2(spectrum, 6, 5))
	for i := range values {
		if math.Abs(float64(values[i]-back[i])) > 1e-5 {
			t.Fatalf("element %d: %v, want %v", i, back[i], values[i])
		}
	}
	// The unnormalized forward transform's first coefficient is the plain sum.
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	if got := float64(Read[float32](s, spectrum)[0]); math.Abs(got-sum) > 1e-4 {
		t.Errorf("first coefficient %v, want the sum %v", got, sum)
	}
}

func TestMovedTensorsOutliveTheirScope(t *testing.T) {
	s := torchtest.Pin(t)
	var kept Tensor
	err := Do(func(inner *Scope) error {
		kept = inner.Full([]int{4}, 2, F32, CPU)
		return inner.Move(s, kept)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Number(s.Sum(kept)); got != 8 {
		t.Errorf("the moved tensor sums to %v", got)
	}
	if err := s.Move(NewScope(), Tensor{}); err == nil {
		t.Error("a tensor of no scope was moved")
	}
}

func TestMemoryIsFlatOverFailuresAndInPlaceSteps(t *testing.T) {
	s := torchtest.Pin(t)
	big := s.Zeros([]int{1 << 20}, F32, CPU)
	step := func() {
		Do(func(s *Scope) error { // 4 MiB made, freed early, in place, and lost to a failure
			y := s.Add(big, big)
			s.Free(y)
			s.ScaleInPlace(big, 1)
			s.AddScaled(big, big, 0)
			s.Relu(big)
			s.MatMul(big, s.Zeros([]int{3, 3}, F32, CPU))
			return nil
		})
	}
	for range 20 {
		step()
	}
	before := torchtest.ResidentMiB(t)
	for range 300 {
		step()
	}
	if grown := torchtest.ResidentMiB(t) - before; grown > 16 {
		t.Errorf("300 steps over 4 MiB tensors grew the process by %d MiB", grown)
	}
}

func TestDeviceNames(t *testing.T) {
	torchtest.Pin(t)
	for name, ok := range map[string]bool{"cpu": true, "auto": true, "cuda:999": false, "tpu": false, "cuda:x": false, "cuda:-1": false} {
		_, err := OpenDevice(name)
		if (err == nil) != ok {
			t.Errorf("device %q: error %v", name, err)
		}
	}
}

func BenchmarkSmallOp(b *testing.B) {
	s := torchtest.Pin(b)
	x := s.Zeros([]int{4}, F32, CPU)
	for b.Loop() {
		s.Free(s.Relu(x))
	}
}
