package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/format"
)

// A tensor as .npy is what NumPy itself would have written.
func TestGet(t *testing.T) {
	in := stream(t, format.WriterOptions{}, mixed(t)...)
	header := func(text string) string {
		n := len(text)
		return "\x93NUMPY\x01\x00" + string([]byte{byte(n), byte(n >> 8)}) + text
	}
	for name, c := range map[string]struct {
		doc  *format.Document
		want string
	}{
		"fc.bias":   {nil, header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"+strings.Repeat(" ", 60)+"\n") + strings.Repeat("\x00", 8)},
		"json":      {nil, header("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"+strings.Repeat(" ", 60)+"\n") + "{}"},
		"scalar":    {&format.Document{Tensors: []format.Tensor{format.Of("scalar", nil, []bool{true})}}, header("{'descr': '|b1', 'fortran_order': False, 'shape': (), }"+strings.Repeat(" ", 62)+"\n") + "\x01"},
		"none":      {&format.Document{Tensors: []format.Tensor{format.Of("none", []int{2, 0}, []int64{})}}, header("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 0), }" + strings.Repeat(" ", 58) + "\n")},
		"brain":     {&format.Document{Tensors: []format.Tensor{{Name: "brain", DType: format.BF16, Shape: []int{1}, Data: []byte{0xc0, 0x7f}}}}, header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"+strings.Repeat(" ", 60)+"\n") + "\x00\x00\xc0\x7f"},
		"fc.weight": {nil, ""},
	} {
		b := in
		if c.doc != nil {
			b = stream(t, format.WriterOptions{}, c.doc)
		}
		stdout, stderr, status := peek(b, "--get", name)
		if status != 0 || c.want != "" && stdout != c.want || (strings.Index(stdout, "\n")+1)%64 != 0 {
			t.Errorf("%s: status %d, %s\n%q\n%q", name, status, stderr, stdout, c.want)
		}
	}
	out := filepath.Join(t.TempDir(), "x.npy")
	if _, stderr, status := peek(in[:len(in)-1], "--get", "fc.bias", "-o", out); status != 1 {
		t.Errorf("truncated: status %d, %s", status, stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file from a truncated stream")
	}
}

// numpy loads every type.
func TestGetNumPy(t *testing.T) {
	python := ""
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("no Python with numpy")
	}
	dir := t.TempDir()
	data := []byte{0, 1, 0x80, 0x3f, 0xff, 0x7f, 0xc0, 0x7f, 1, 1, 1, 1, 0, 0, 0x80, 0x7f}
	for _, d := range []format.DType{format.Bool, format.U8, format.I8, format.I16, format.I32, format.I64, format.F16, format.BF16, format.F32, format.F64} {
		x := format.Tensor{Name: "x", DType: d, Shape: []int{2, 8 / d.Size()}, Data: data}
		if d == format.Bool {
			x = format.Of("x", []int{1, 2}, []bool{true, false})
		}
		if _, stderr, status := peek(stream(t, format.WriterOptions{}, &format.Document{Tensors: []format.Tensor{x}}), "--get", "x", "-o", filepath.Join(dir, string(d)+".npy")); status != 0 {
			t.Fatal(stderr)
		}
	}
	script := `
import sys, numpy as np
for d in sys.argv[2:]:
    a = np.load(f"{sys.argv[1]}/{d}.npy")
    print(d, a.dtype, a.shape, a.tobytes().hex() if d != "BF16" else a.view("u4").ravel().tolist()[:3])
`
	out, err := exec.Command(python, "-c", script, dir, "BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64").Output()
	if err != nil {
		t.Fatal(err)
	}
	hex := fmt.Sprintf("%x", data)
	want := "BOOL bool (1, 2) 0100\nU8 uint8 (2, 8) " + hex + "\nI8 int8 (2, 8) " + hex + "\nI16 int16 (2, 4) " + hex + "\nI32 int32 (2, 2) " + hex +
		"\nI64 int64 (2, 1) " + hex + "\nF16 float16 (2, 4) " + hex + "\nBF16 float32 (2, 4) [16777216, 1065353216, 2147418112]\nF32 float32 (2, 2) " + hex + "\nF64 float64 (2, 1) " + hex + "\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
}
