package dataset

import "image"

// ycbcrRows are JPEG's colors. Chroma at half resolution is interpolated with the triangle filter that libjpeg calls
// "fancy upsampling", where Go's own conversion repeats samples and leaves blocky edges; so a photo decodes to the
// values that other programs see.
type ycbcrRows struct {
	m       *image.YCbCr
	cb, cr  []byte   // one row of chroma at full width, one sample to spare
	columns []uint16 // sums of two rows of chroma
	toRGB   func(dst, luma, cb, cr []byte)
}

func newYCbCrRows(m *image.YCbCr) *ycbcrRows {
	w := m.Rect.Dx()
	return &ycbcrRows{m: m, cb: make([]byte, w+1), cr: make([]byte, w+1), columns: make([]uint16, w), toRGB: fullToRGB}
}

// newStudioRows are the colors of lossy WebP, which lie in the studio range of BT.601: luma is 16–235.
func newStudioRows(m *image.YCbCr) *ycbcrRows {
	r := newYCbCrRows(m)
	r.toRGB = studioToRGB
	return r
}

func (r *ycbcrRows) size() (int, int) { return sizeOf(r.m.Rect) }

func (r *ycbcrRows) row(y int, dst []byte) {
	m, w := r.m, len(dst)/3
	cb, cr := r.cb, r.cr
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		cb, cr = m.Cb[y*m.CStride:], m.Cr[y*m.CStride:]
	case image.YCbCrSubsampleRatio422:
		n := (w + 1) / 2
		wide(cb, m.Cb[y*m.CStride:][:n])
		wide(cr, m.Cr[y*m.CStride:][:n])
	case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440:
		r.tall(cb, m.Cb, y, w)
		r.tall(cr, m.Cr, y, w)
	default:
		for x := range w {
			at := m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)
			cb[x], cr[x] = m.Cb[at], m.Cr[at]
		}
	}
	r.toRGB(dst, m.Y[y*m.YStride:][:w], cb[:w], cr[:w])
}

// tall interpolates between the two nearest rows of chroma, and within them if they are half as wide too.
func (r *ycbcrRows) tall(dst, chroma []byte, y, w int) {
	stride, last := r.m.CStride, (r.m.Rect.Dy()+1)/2-1
	near, far := y/2, y/2-1
	if y&1 == 1 {
		far = near + 1
	}
	far = min(max(far, 0), last)
	n := w
	if r.m.SubsampleRatio == image.YCbCrSubsampleRatio420 {
		n = (w + 1) / 2
	}
	sums, a, b := r.columns[:n], chroma[near*stride:][:n], chroma[far*stride:][:n]
	for i := range sums {
		sums[i] = 3*uint16(a[i]) + uint16(b[i])
	}
	if n < w {
		wideSums(dst, sums)
		return
	}
	round := uint16(1 + y&1) // libjpeg alternates the rounding so that it does not drift
	for i, v := range sums {
		dst[i] = byte((v + round) >> 2)
	}
}

// wide doubles a row: each output is 3/4 of the nearer sample and 1/4 of the farther one.
func wide(dst, src []byte) {
	n := len(src)
	for i, v := range src {
		c := 3 * uint16(v)
		left, right := src[max(i-1, 0)], src[min(i+1, n-1)]
		dst[2*i] = byte((c + uint16(left) + 1) >> 2)
		if 2*i+1 < len(dst) {
			dst[2*i+1] = byte((c + uint16(right) + 2) >> 2)
		}
	}
}

// wideSums is wide for values that are already four times as large.
func wideSums(dst []byte, sums []uint16) {
	n := len(sums)
	for i, v := range sums {
		left, right := sums[max(i-1, 0)], sums[min(i+1, n-1)]
		dst[2*i] = byte((3*v + left + 8) >> 4)
		if 2*i+1 < len(dst) {
			dst[2*i+1] = byte((3*v + right + 7) >> 4)
		}
	}
}

// fullToRGB is the conversion of JFIF 1.02 in 16-bit fixed point, rounded.
func fullToRGB(dst, luma, cb, cr []byte) {
	const half = 1 << 15
	for x, v := range luma {
		y, b, r := int32(v), int32(cb[x])-128, int32(cr[x])-128
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0] = clip8(y + (91881*r+half)>>16)
		d[1] = clip8(y + (-22554*b-46802*r+half)>>16)
		d[2] = clip8(y + (116130*b+half)>>16)
	}
}

// studioToRGB is the conversion of BT.601: luma of 16–235 and chroma of 16–240 become 0–255.
func studioToRGB(dst, luma, cb, cr []byte) {
	const half = 1 << 15
	for x, v := range luma {
		y, b, r := 76309*(int32(v)-16)+half, int32(cb[x])-128, int32(cr[x])-128
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0] = clip8((y + 104597*r) >> 16)
		d[1] = clip8((y - 25675*b - 53279*r) >> 16)
		d[2] = clip8((y + 132201*b) >> 16)
	}
}

// clip8 limits v to 0–255.
func clip8(v int32) byte {
	if uint32(v) > 255 {
		return byte(^(v >> 31)) // 0 if negative, else 255
	}
	return byte(v)
}
