package dataset

import (
	"image"

	"herbarium/internal/dataset/anyjpeg"
)

// ycbcrRows are JPEG's colors. Components at half resolution are interpolated with the triangle filter that libjpeg calls
// "fancy upsampling", where Go's own conversion repeats samples and leaves blocky edges; so a photo decodes to the
// values that other programs see.
type ycbcrRows struct {
	height, width int
	planes        [3]plane // luma and chroma
	toRGB         func(dst, luma, cb, cr []byte)
}

func newYCbCrRows(m *image.YCbCr) *ycbcrRows {
	h, w := sizeOf(m.Rect)
	h2, v2 := 1, 1 // luma's samples for one of chroma
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		h2 = 2
	case image.YCbCrSubsampleRatio420:
		h2, v2 = 2, 2
	case image.YCbCrSubsampleRatio440:
		v2 = 2
	case image.YCbCrSubsampleRatio411:
		h2 = 4
	case image.YCbCrSubsampleRatio410:
		h2, v2 = 4, 2
	}
	return &ycbcrRows{height: h, width: w, toRGB: fullToRGB, planes: [3]plane{
		newPlane(m.Y, m.YStride, h, w, [2]int{1, 1}, [2]int{1, 1}),
		newPlane(m.Cb, m.CStride, h, w, [2]int{1, h2}, [2]int{1, v2}),
		newPlane(m.Cr, m.CStride, h, w, [2]int{1, h2}, [2]int{1, v2}),
	}}
}

// newJPEGRows are the colors of a JPEG of any sampling: of three planes, or of Adobe's inks with black as the fourth. plain
// is that these are red, green and blue, or inks, not luma and chroma.
func newJPEGRows(p *anyjpeg.Picture, plain bool) rows {
	r := &ycbcrRows{height: p.Height, width: p.Width, toRGB: fullToRGB}
	if plain {
		r.toRGB = interleave
	}
	var all [4]plane
	for i, c := range p.Planes {
		all[i] = newPlane(c.Pix, c.Stride, p.Height, p.Width, [2]int{c.H, p.HMax}, [2]int{c.V, p.VMax})
	}
	r.planes = [3]plane(all[:3])
	if len(p.Planes) == 4 {
		return &inkRows{r, all[3], plain}
	}
	return r
}

// inkRows are Adobe's inks, which are stored as how much light they let through, or as luma and chroma of the ink.
type inkRows struct {
	*ycbcrRows
	black plane
	light bool
}

func (r *inkRows) row(y int, dst []byte) {
	r.ycbcrRows.row(y, dst)
	for x, k := range r.black.row(y) {
		for c := range 3 {
			light := uint32(dst[3*x+c])
			if !r.light {
				light = 255 - light
			}
			dst[3*x+c] = byte((light*uint32(k) + 127) / 255)
		}
	}
}

// newStudioRows are the colors of lossy WebP, which lie in the studio range of BT.601: luma is 16–235.
func newStudioRows(m *image.YCbCr) *ycbcrRows {
	r := newYCbCrRows(m)
	r.toRGB = studioToRGB
	return r
}

func (r *ycbcrRows) size() (int, int) { return r.height, r.width }

func (r *ycbcrRows) row(y int, dst []byte) {
	r.toRGB(dst, r.planes[0].row(y), r.planes[1].row(y), r.planes[2].row(y))
}

// plane is one component of a picture, at a resolution of its own.
type plane struct {
	pix           []byte
	stride        int
	height, width int      // of the picture
	across, down  [2]int   // samples for so many pixels
	line          []byte   // one row at full width, one sample to spare
	sums          []uint16 // of two rows
}

func newPlane(pix []byte, stride, height, width int, across, down [2]int) plane {
	return plane{pix, stride, height, width, across, down, make([]byte, width+1), make([]uint16, width)}
}

// row is row y at full width.
func (p *plane) row(y int) []byte {
	equalAcross, halfAcross := p.across[1] == p.across[0], p.across[1] == 2*p.across[0]
	equalDown, halfDown := p.down[1] == p.down[0], p.down[1] == 2*p.down[0]
	switch {
	case equalAcross && equalDown:
		return p.pix[y*p.stride:][:p.width]
	case halfAcross && equalDown:
		wide(p.line, p.pix[y*p.stride:][:(p.width+1)/2])
	case halfDown && (equalAcross || halfAcross):
		p.tall(y, halfAcross)
	default:
		src := p.pix[y*p.down[0]/p.down[1]*p.stride:]
		for x := range p.width {
			p.line[x] = src[x*p.across[0]/p.across[1]]
		}
	}
	return p.line[:p.width]
}

// tall interpolates between the two nearest rows, and within them if they are half as wide too.
func (p *plane) tall(y int, halfAcross bool) {
	near, far := y/2, y/2-1
	if y&1 == 1 {
		far = near + 1
	}
	far = min(max(far, 0), (p.height+1)/2-1)
	n := p.width
	if halfAcross {
		n = (n + 1) / 2
	}
	sums, a, b := p.sums[:n], p.pix[near*p.stride:][:n], p.pix[far*p.stride:][:n]
	for i := range sums {
		sums[i] = 3*uint16(a[i]) + uint16(b[i])
	}
	if halfAcross {
		wideSums(p.line, sums)
		return
	}
	round := uint16(1 + y&1) // libjpeg alternates the rounding so that it does not drift
	for i, v := range sums {
		p.line[i] = byte((v + round) >> 2)
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

// interleave is no conversion: the planes are red, green and blue.
func interleave(dst, red, green, blue []byte) {
	for x, v := range red {
		dst[3*x], dst[3*x+1], dst[3*x+2] = v, green[x], blue[x]
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
