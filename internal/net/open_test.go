package net

import (
	"testing"

	"herbarium/internal/torch"
)

func TestOpen(t *testing.T) {
	for dtype, want := range map[string]torch.DType{"f32": torch.F32, "bf16": torch.BF16} {
		o, err := Open("cpu", dtype, 1)
		if err != nil || o.Device != torch.CPU || o.DType != want {
			t.Errorf("cpu, %s: %+v, %v", dtype, o, err)
		}
	}
	if got := torch.Threads(); got != 1 {
		t.Errorf("%d threads, want 1", got)
	}
	for _, test := range [][2]string{{"cuda:99", "f32"}, {"tpu", "f32"}, {"cpu", "f16"}, {"cpu", ""}} {
		if o, err := Open(test[0], test[1], 1); err == nil {
			t.Errorf("device %q and dtype %q open %+v", test[0], test[1], o)
		}
	}
}
