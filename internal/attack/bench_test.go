package attack

import (
	"fmt"
	"runtime"
	"testing"

	"herbarium/internal/arch"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// BenchmarkPGD is PGD of ten steps with every item kept to the end, as bench/peers.py does it in PyTorch.
func BenchmarkPGD(b *testing.B) {
	for _, c := range []struct {
		arch        string
		size, batch int
		surrogate   torch.DType
	}{{"resnet20", 32, 64, torch.F32}, {"resnet20", 32, 64, torch.BF16}, {"resnet18", 96, 16, torch.F32}, {"resnet18", 96, 16, torch.BF16}} {
		b.Run(fmt.Sprintf("%s/%dpx/batch%d/%s", c.arch, c.size, c.batch, map[torch.DType]string{torch.F32: "f32", torch.BF16: "bf16"}[c.surrogate]), func(b *testing.B) {
			torchtest.Pin(b)
			torch.Open(runtime.GOMAXPROCS(0)) // -cpu says how many
			device := torchtest.BenchDevice(b)
			keep := torch.NewScope()
			defer keep.Close()
			model := torchtest.ResNet(b, c.arch, arch.Options{Classes: 12}, c.size, 1)
			p := &Problem{Ball: Ball{Linf, 8.0 / 255}, AllSteps: true}
			model32, err := NewNet(model, net.Options{Device: device, DType: torch.F32}, c.batch)
			if err != nil {
				b.Fatal(err)
			}
			defer model32.Close()
			p.Model, p.Surrogate = model32, model32
			if c.surrogate != torch.F32 {
				surrogate, err := NewNet(model, net.Options{Device: device, DType: c.surrogate}, c.batch)
				if err != nil {
					b.Fatal(err)
				}
				defer surrogate.Close()
				p.Surrogate = surrogate
			}
			pixels := make([]float32, c.batch*3*c.size*c.size)
			for i := range pixels {
				pixels[i] = float32(byte(i*i>>3)) / 255
			}
			p.X = keep.To(torch.From(keep, []int{c.batch, 3, c.size, c.size}, pixels), device)
			all := make([]int, c.batch)
			for i := range all {
				all[i] = i
				p.Items = append(p.Items, Item{Key: Key("", i), Label: i % 12, Target: NoTarget})
			}
			if err := p.Evaluate(); err != nil {
				b.Fatal(err)
			}
			once := func() {
				for i := range p.Results { // also those that are wrong from the start are attacked
					p.Results[i].Broken = false
				}
				if err := PGD(10).Run(p, all); err != nil {
					b.Fatal(err)
				}
			}
			once() // libtorch's and the allocator's first times
			for b.Loop() {
				once()
			}
			b.ReportMetric(float64(c.batch)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
