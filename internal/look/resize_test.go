package look

import (
	"math"
	"testing"
)

// A plane stays a plane at any size, apart from its edges; a constant stays what it is everywhere.
func TestResizedKeepsPlanes(t *testing.T) {
	const h, w = 12, 20
	plane := make([]float32, 3*h*w)
	for i := range plane {
		y, x := i/w%h, i%w
		plane[i] = float32(0.01*(float64(x)+0.5)/w + 0.02*(float64(y)+0.5)/h + float64(i/(h*w)))
	}
	for _, size := range [][2]int{{12, 20}, {6, 10}, {17, 28}, {5, 40}} {
		out := resized(plane, h, w, size[0], size[1])
		for i, v := range out {
			y, x := i/size[1]%size[0], i%size[1]
			want := 0.01*(float64(x)+0.5)/float64(size[1]) + 0.02*(float64(y)+0.5)/float64(size[0]) + float64(i/(size[0]*size[1]))
			edge := y < 2 || x < 2 || y >= size[0]-2 || x >= size[1]-2
			if far := math.Abs(float64(v) - want); far > 1e-5 && !edge || far > 0.005 {
				t.Fatalf("%v: value %d is %v, want %v", size, i, v, want)
			}
		}
	}
}
