package dataset

import (
	"slices"

	"herbarium/internal/images"
)

// InColors is a source whose pictures have so many channels, whatever they came with: [images.Gray] or [images.RGB]; with 0
// they stay as they come.
func InColors(src Source, channels int) Source {
	if channels == 0 {
		return src
	}
	return change(src, func(p *images.Picture) error {
		plane := p.Height * p.Width
		switch {
		case len(p.U8) == channels*plane:
		case channels == images.Gray:
			p.U8 = luma(p.U8, plane)
		default:
			p.U8 = slices.Repeat(p.U8, channels)
		}
		return nil
	})
}

// luma is the gray of [3,H,W], plane values: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in PIL's fixed point, so that it is
// what convert("L") makes. A picture without colors keeps its values.
func luma(chw []byte, plane int) []byte {
	out := make([]byte, plane)
	for i := range out {
		r, g, b := uint32(chw[i]), uint32(chw[plane+i]), uint32(chw[2*plane+i])
		out[i] = byte((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	}
	return out
}
