package fit

import (
	"fmt"
	"runtime"
	"testing"

	"herbarium/internal/arch"
	"herbarium/internal/images"
	"herbarium/internal/net"
	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// BenchmarkStep is one training step (forward, gradients of the weights, SGD) without augmentation, as bench/peers.py
// does it in PyTorch.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		arch        string
		size, batch int
	}{{"resnet20", 32, 32}, {"resnet20", 48, 32}, {"resnet18", 96, 32}} {
		b.Run(fmt.Sprintf("%s/%dpx/batch%d", c.arch, c.size, c.batch), func(b *testing.B) {
			torchtest.Pin(b)
			torch.Open(runtime.NumCPU())
			set := NewSet(nil)
			defer set.Close()
			photos := &images.Batch{Height: c.size, Width: c.size, U8: make([]byte, c.batch*3*c.size*c.size)}
			for i := range c.batch {
				photos.Items = append(photos.Items, images.Item{})
				photos.Labels = append(photos.Labels, int64(i%12))
			}
			for i := range photos.U8 {
				photos.U8[i] = byte(i * i >> 3)
			}
			for k := range 12 {
				photos.Classes = append(photos.Classes, fmt.Sprint(k))
			}
			if err := set.Add(photos); err != nil {
				b.Fatal(err)
			}
			n, err := net.New(torchtest.ResNet(b, c.arch, arch.Options{Classes: 12}, c.size, 1), net.Options{Device: torchtest.BenchDevice(b), DType: torch.F32})
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			t := &trainer{net: n, logits: "logits", train: set, keep: torch.NewScope(), Config: Config{Epochs: 1 << 30,
				Batch: c.batch, Optimizer: "sgd", Rate: 0.01, Momentum: 0.9, Decay: 5e-4, Smoothing: 0.1}}
			defer t.keep.Close()
			if err := t.prepare(); err != nil {
				b.Fatal(err)
			}
			once := func() {
				if _, err := t.step(); err != nil {
					b.Fatal(err)
				}
			}
			for range 2 { // libtorch's and the allocator's first times
				once()
			}
			for b.Loop() {
				once()
			}
			weights := 0
			for _, v := range t.values {
				weights += v.Len()
			}
			b.ReportMetric(float64(weights), "parameters")
			b.ReportMetric(float64(c.batch)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// BenchmarkStats is what statistics take beside a forward pass over the same photos.
func BenchmarkStats(b *testing.B) {
	torchtest.Pin(b)
	torch.Open(runtime.NumCPU())
	const photos, size = 256, 32
	set := NewSet(nil)
	defer set.Close()
	batch := &images.Batch{Height: size, Width: size, U8: make([]byte, photos*3*size*size), Classes: []string{"a", "b"}}
	for i := range photos {
		batch.Items = append(batch.Items, images.Item{})
		batch.Labels = append(batch.Labels, int64(i%2))
	}
	for i := range batch.U8 {
		batch.U8[i] = byte(i * i >> 3)
	}
	if err := set.Add(batch); err != nil {
		b.Fatal(err)
	}
	n, err := net.New(torchtest.ResNet(b, "resnet20", arch.Options{Classes: 2}, size, 1), net.Options{Device: torchtest.BenchDevice(b), DType: torch.F32})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	for name, run := range map[string]func() error{
		"forward": func() error { _, err := Evaluate(n, "logits", set, Adversary{}, 0); return err },
		"all":     func() error { _, err := Stats(n, set); return err },
	} {
		b.Run(name, func(b *testing.B) {
			torchtest.Pin(b)
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(photos*float64(b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
