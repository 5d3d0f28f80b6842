package compute

import (
	"testing"

	"herbarium/internal/net"
	"herbarium/internal/torch"
)

// A processor without instructions for bfloat16 is slow in it, and only in it; a GPU does not ask the processor.
func TestBFloat16WithoutInstructions(t *testing.T) {
	for _, test := range []struct {
		on            net.Options
		without, slow bool
	}{
		{net.Options{Device: torch.CPU, DType: torch.BF16}, true, true},
		{net.Options{Device: torch.CPU, DType: torch.BF16}, false, false},
		{net.Options{Device: torch.CPU, DType: torch.F32}, true, false},
		{net.Options{Device: torch.Device(0), DType: torch.BF16}, true, false},
	} {
		if got := isSlow(test.on, test.without); got != test.slow {
			t.Errorf("%v: slow: %v", test, got)
		}
	}
}
