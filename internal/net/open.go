package net

import (
	"fmt"

	"herbarium/internal/torch"
)

// Open readies torch for as many CPU threads as one operation may use, and opens the device that nets run on. device is
// auto, cpu, cuda or cuda:N, dtype f32 or bf16. The calling goroutine keeps its thread for the rest of the program. What
// auto became is the returned options' device.
func Open(device, dtype string, threads int) (Options, error) {
	types := map[string]torch.DType{"f32": torch.F32, "bf16": torch.BF16}
	t, ok := types[dtype]
	if !ok {
		return Options{}, fmt.Errorf("dtype %q is neither f32 nor bf16", dtype)
	}
	torch.Open(threads)
	on, err := torch.OpenDevice(device)
	if err != nil {
		return Options{}, err
	}
	return Options{Device: on, DType: t}, nil
}

// Batch is one of two numbers of items to compute together: few on a CPU, where several batches are computed side by side, or many on
// a GPU, which a batch has to fill.
func (o Options) Batch(few, many int) int {
	if o.Device == torch.CPU {
		return few
	}
	return many
}
