package ascend

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"herbarium/internal/arch"
	"herbarium/internal/canvas"
	"herbarium/internal/graph"
	"herbarium/internal/net"
	"herbarium/internal/objective"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// BenchmarkActivationMaximization optimizes pictures for eight channels, as a viewer does: batched, frozen, folded and cut after the
// layer. bench/peers.py does the same work in PyTorch.
func BenchmarkActivationMaximization(b *testing.B) {
	const items, px = 8, 96
	for _, layer := range []string{"logits", "layer2"} {
		for _, dtype := range []struct {
			name string
			torch.DType
			steps int // where possible enough that the evaluations before and after count little
		}{{"f32", torch.F32, 32}, {"bf16", torch.BF16, 4}} {
			b.Run(fmt.Sprintf("resnet18/%dpx/%s/%s", px, layer, dtype.name), func(b *testing.B) {
				s := torchtest.Pin(b)
				torch.Open(runtime.NumCPU())
				device := torchtest.BenchDevice(b)
				model := torchtest.ResNet(b, "resnet18", arch.Options{Classes: 12}, px, 1)
				list := make([]Item, items)
				for i := range list {
					u, err := objective.Parse(fmt.Sprintf("%s:%d", layer, i), model)
					if err != nil {
						b.Fatal(err)
					}
					list[i] = Item{Name: u.Text, Unit: u, Keys: []uint64{uint64(i)}}
				}
				n, err := net.View(model, []string{layer, graph.Logits}, net.Options{Device: device, DType: dtype.DType})
				if err != nil {
					b.Fatal(err)
				}
				defer n.Close()
				on := canvas.NewFourier(s, px, px, canvas.DefaultColor(3), device)
				c := Config{Objective: Activation, Steps: 1, Rate: rate, Transform: Transform{Jitter: 4, Scale: 0.1, Rotate: 5}}
				run := func() {
					if _, err := Run(n, on, list, c, Hooks{}); err != nil {
						b.Fatal(err)
					}
				}
				run()
				c.Steps = dtype.steps
				b.ResetTimer()
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(items*dtype.steps*b.N)/b.Elapsed().Seconds(), "steps/s")
				var usage syscall.Rusage
				if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err == nil {
					b.ReportMetric(float64(usage.Maxrss)*1024, "peak-bytes") // of the process, which may have run others before
				}
			})
		}
	}
}
