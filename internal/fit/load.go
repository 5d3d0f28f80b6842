package fit

import (
	"herbarium/internal/torch"
)

// pixelsRead is what readAhead has read.
type pixelsRead struct {
	bytes []byte // [N,C,H,W]
	err   error
}

// readAhead reads photos while the net computes: those beyond memory come from a disk.
func readAhead(set *Set, photos []int) chan pixelsRead {
	done := make(chan pixelsRead, 1)
	go func() {
		raw := make([]byte, len(photos)*set.size())
		err := set.Read(raw, photos)
		done <- pixelsRead{raw, err}
	}()
	return done
}

// place brings pixels [N,C,H,W] that were read, as [0,1], and the photos' classes I64 [N] to a device.
func place(s *torch.Scope, set *Set, raw []byte, photos []int, device torch.Device) (x, y torch.Tensor) {
	labels := make([]int64, len(photos))
	for i, p := range photos {
		labels[i] = int64(set.Label(p))
	}
	x = s.Cast(s.To(torch.From(s, append([]int{len(photos)}, set.Shape()...), raw), device), torch.F32)
	s.ScaleInPlace(x, 1.0/255)
	return x, s.To(torch.From(s, []int{len(photos)}, labels), device)
}

// load reads photos and places them.
func load(s *torch.Scope, set *Set, photos []int, device torch.Device) (x, y torch.Tensor, err error) {
	raw := <-readAhead(set, photos)
	if raw.err != nil {
		return x, y, raw.err
	}
	x, y = place(s, set, raw.bytes, photos, device)
	return x, y, nil
}

// eachBatch runs f over a set in order.
func eachBatch(set *Set, batch int, device torch.Device, f func(s *torch.Scope, x, y torch.Tensor, photos []int) error) error {
	for from := 0; from < set.Len(); from += batch {
		photos := make([]int, min(batch, set.Len()-from))
		for i := range photos {
			photos[i] = from + i
		}
		err := torch.Do(func(s *torch.Scope) error {
			x, y, err := load(s, set, photos, device)
			if err != nil {
				return err
			}
			return f(s, x, y, photos)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
