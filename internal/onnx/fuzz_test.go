package onnx_test

import (
	"errors"
	"strings"
	"testing"

	"herbarium/internal/onnx"
)

// FuzzRead: whatever the file, there is a line of error, or a net whose parameters are those that its graph needs.
func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		onnx.Is(data)
		o := options()
		o.Open = func(name string) ([]byte, error) {
			if name == "" {
				return nil, errors.New("no name")
			}
			return []byte("0123456789abcdef"), nil
		}
		model, _, err := onnx.Read(data, o)
		if err == nil {
			err = model.Graph.CheckParams(model.Input, model.Params)
			if err != nil {
				t.Fatalf("a net came out, and %v", err)
			}
		} else if err.Error() == "" || strings.Contains(err.Error(), "\n") {
			t.Fatalf("error %q is not one line", err)
		}
	})
}
