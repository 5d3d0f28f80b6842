package dataset

// orientation says how a stored picture is to be turned to be seen upright, in Exif's numbers: 2 and 4 mirror it, 3
// turns it by half, 6 and 8 by a quarter, 5 and 7 do both.
type orientation uint8

const asStored orientation = 1

// swaps says whether rows become columns.
func (o orientation) swaps() bool { return o >= 5 }

// fromBottom says whether the stored rows are taken from the last to the first, fromRight the same of columns.
func (o orientation) fromBottom() bool { return o == 3 || o == 4 || o == 6 || o == 7 }
func (o orientation) fromRight() bool  { return o == 2 || o == 3 || o == 7 || o == 8 }

// turn makes a stored picture [3,H,W] upright.
func (o orientation) turn(chw []byte, height, width int) []byte {
	if o == asStored {
		return chw
	}
	down, right, start := width, 1, 0 // steps through the stored picture
	if o.fromBottom() {
		start += (height - 1) * width
		down = -width
	}
	if o.fromRight() {
		start += width - 1
		right = -1
	}
	h, w := height, width
	if o.swaps() {
		h, w, down, right = width, height, right, down
	}
	out := make([]byte, 0, len(chw))
	for c := range 3 {
		for y := range h {
			at := c*height*width + start + y*down
			for range w {
				out = append(out, chw[at])
				at += right
			}
		}
	}
	return out
}

// upright is a decoded picture as it is to be seen. It is turned after it was made small, when that costs nothing.
type upright struct {
	stored rows
	orientation
}

// size is that of the upright picture, in pixels.
func (u upright) size() (height, width int) {
	height, width = u.stored.size()
	if u.swaps() {
		height, width = width, height
	}
	return height, width
}

// planar is the picture at its own size as [3,H,W].
func (u upright) planar() []byte {
	h, w := u.stored.size()
	return u.turn(planarRows(u.stored), h, w)
}

// resample scales the part of the upright picture inside the box to height x width and returns it as [3,H,W].
func (u upright) resample(b box, height, width int, f Filter) []byte {
	if u.swaps() {
		b = box{top: b.left, left: b.top, bottom: b.right, right: b.bottom}
		height, width = width, height
	}
	h, w := u.stored.size()
	if u.fromBottom() {
		b.top, b.bottom = float64(h)-b.bottom, float64(h)-b.top
	}
	if u.fromRight() {
		b.left, b.right = float64(w)-b.right, float64(w)-b.left
	}
	return u.turn(resample(u.stored, b, height, width, f, u.swaps()), height, width)
}
