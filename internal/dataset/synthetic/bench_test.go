package synthetic

import "testing"

// BenchmarkDraw paints one flower of 48 pixels on one CPU.
func BenchmarkDraw(b *testing.B) {
	n := uint64(0)
	for b.Loop() {
		Draw(1, n, 48, 48)
		n++
	}
}

func BenchmarkKinds(b *testing.B) {
	for i, name := range Names() {
		b.Run(name, func(b *testing.B) {
			for n := uint64(0); b.Loop(); n++ {
				Draw(1, uint64(i)+n%20*uint64(len(Names())), 48, 48)
			}
		})
	}
}
