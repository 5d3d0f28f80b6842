package arch

import (
	"testing"

	"herbarium/internal/graph"
)

// A thousand units of a net ask for its shapes a thousand times.
func BenchmarkShapes(b *testing.B) {
	g, err := Build("resnet50", Options{Classes: 1000})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := g.Shapes(graph.Shape{3, 224, 224}); err != nil {
			b.Fatal(err)
		}
	}
}
