package graph

import "fmt"

// windows are what convolutions and poolings slide over the rows and columns of a map [C,H,W].
type windows struct {
	kernel, stride, pad, dilation Pair
	ceil                          bool // the number of windows is rounded up instead of down
}

// extent returns how far a window reaches along an axis, holes of a dilation included.
func (w windows) extent(axis int) int { return max(w.dilation[axis], 1)*(w.kernel[axis]-1) + 1 }

// infer returns a map with a position for each window.
func (w windows) infer(in Value) (Value, error) {
	if _, _, _, err := maps3(in); err != nil {
		return nil, err
	}
	out := Value{in[0], {}, {}}
	for a := range 2 {
		size, stride := in[a+1].Size, w.stride[a]
		room := size + 2*w.pad[a] - w.extent(a)
		if room < 0 {
			return nil, fmt.Errorf("its window of %d does not fit into %d pixels with padding; the image is too small for this net", w.extent(a), size+2*w.pad[a])
		}
		count := room/stride + 1
		// Rounded up, but the last window must start inside the input or its left padding (PyTorch, Pool.h).
		if w.ceil && room%stride != 0 && count*stride < size+w.pad[a] {
			count++
		}
		out[a+1] = in[a+1].resized(count)
	}
	return out, nil
}

func (w windows) field(f field, in Value) field {
	for a := range 2 {
		f = f.windowOf(in, a+1, float64(-w.pad[a]), float64(w.extent(a)-1-w.pad[a]), float64(w.stride[a]))
	}
	return f
}

// check checks a pooling's windows.
func (w windows) check() error {
	err := first(w.kernel.within("kernel", 1, maxWindow), w.stride.within("stride", 1, maxWindow), w.pad.within("pad", 0, maxWindow))
	if err != nil {
		return err
	}
	for i := range w.pad {
		if 2*w.pad[i] > w.kernel[i] {
			return fmt.Errorf("pad %v is more than half of kernel %v", w.pad, w.kernel)
		}
	}
	return nil
}
