// Package anyjpeg decodes the JPEGs that Go's own decoder refuses though libjpeg reads them: those whose components are
// sampled in any way against each other. It knows what photos use: 8 bits, Huffman coding, sequential or progressive
// (ITU-T T.81).
package anyjpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Plane is one component of a picture.
type Plane struct {
	ID            byte   // what the file calls it
	Pix           []byte // row after row
	Stride        int    // from row to row; rows end in padding
	Width, Height int    // in samples, without padding
	H, V          int    // samples across and down, against the largest of all planes
}

// Picture is a decoded JPEG whose planes have their own resolutions and colors still.
type Picture struct {
	Width, Height int // in pixels
	HMax, VMax    int // the largest of the planes' H and V
	Planes        []Plane
}

const blockSize = 64

// component is a plane while it is decoded.
type component struct {
	id           byte
	h, v         int
	table        byte // number of its quantization
	quant        *[blockSize]int32
	across, down int // blocks in whole units of all components, which is what is kept
	wide, high   int // blocks that the picture needs, which is what a scan of this component alone has
	blocks       [][blockSize]int16
	dc           int
}

type decoder struct {
	data          []byte
	at            int
	width, height int
	progressive   bool
	components    []component
	hMax, vMax    int
	units         [2]int // in the picture, across and down
	quant         [4]*[blockSize]int32
	huffman       [2][4]*table // of DC and AC
	restart       int          // units between two restarts, 0 for none
	bits          bits
}

// Decode decodes a whole file, with its end. A picture that is damaged or incomplete is an error.
func Decode(data []byte) (*Picture, error) {
	d := &decoder{data: data, at: 2}
	for {
		marker, body, err := d.segment()
		if err != nil {
			return nil, err
		}
		switch marker {
		case 0xc0, 0xc1, 0xc2:
			d.progressive = marker == 0xc2
			err = d.frame(body)
		case 0xc4:
			err = d.huffmanTables(body)
		case 0xdb:
			err = d.quantization(body)
		case 0xdd:
			if len(body) < 2 {
				return nil, errCut
			}
			d.restart = int(binary.BigEndian.Uint16(body))
		case 0xda:
			err = d.scan(body)
		case 0xd9:
			return d.picture()
		default:
			if marker < 0xe0 && marker != 0xdc || marker > 0xef && marker != 0xfe {
				err = fmt.Errorf("unknown marker %#x", marker)
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

var errCut = errors.New("ends early")

// segment reads the next marker and what belongs to it. What is no marker is skipped, as other decoders do.
func (d *decoder) segment() (marker byte, body []byte, err error) {
	for {
		if d.at+2 > len(d.data) {
			return 0, nil, errCut
		}
		marker = d.data[d.at+1]
		if d.data[d.at] == 0xff && marker != 0 && marker != 0xff && (marker < 0xd0 || marker > 0xd7) {
			break
		}
		d.at++
	}
	d.at += 2
	if marker == 0xd9 {
		return marker, nil, nil
	}
	if d.at+2 > len(d.data) {
		return 0, nil, errCut
	}
	size := int(binary.BigEndian.Uint16(d.data[d.at:]))
	if size < 2 || d.at+size > len(d.data) {
		return 0, nil, errCut
	}
	body = d.data[d.at+2 : d.at+size]
	d.at += size
	return marker, body, nil
}

// frame reads what the picture is.
func (d *decoder) frame(body []byte) error {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return errCut
	}
	n := int(body[5])
	d.height, d.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	switch {
	case d.components != nil:
		return errors.New("two frames")
	case body[0] != 8 || n < 1 || n > 4 || d.width == 0 || d.height == 0:
		return fmt.Errorf("%d bits, %d components, %dx%d", body[0], n, d.width, d.height)
	}
	for i := range n {
		b := body[6+3*i:]
		c := component{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15), table: b[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3 {
			return fmt.Errorf("component %d: sampling %dx%d, quantization %d", i, c.h, c.v, c.table)
		}
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
		d.components = append(d.components, c)
	}
	d.units = [2]int{up(d.width, 8*d.hMax), up(d.height, 8*d.vMax)}
	for i := range d.components {
		c := &d.components[i]
		c.across, c.down = d.units[0]*c.h, d.units[1]*c.v
		c.wide, c.high = up(up(d.width*c.h, d.hMax), 8), up(up(d.height*c.v, d.vMax), 8)
		c.blocks = make([][blockSize]int16, c.across*c.down)
	}
	return nil
}

// up is a/b, rounded up.
func up(a, b int) int { return (a + b - 1) / b }

// quantization reads tables of the steps in which coefficients are counted.
func (d *decoder) quantization(body []byte) error {
	for len(body) > 0 {
		deep, number := int(body[0]>>4), body[0]&15
		if deep > 1 || number > 3 || len(body) < 1+blockSize<<deep {
			return errors.New("bad quantization")
		}
		q := &[blockSize]int32{}
		for k := range q {
			if deep == 1 {
				q[natural[k]] = int32(binary.BigEndian.Uint16(body[1+2*k:]))
			} else {
				q[natural[k]] = int32(body[1+k])
			}
		}
		d.quant[number] = q
		body = body[1+blockSize<<deep:]
	}
	return nil
}

// picture transforms the coefficients.
func (d *decoder) picture() (*Picture, error) {
	if d.components == nil {
		return nil, errors.New("no frame")
	}
	p := &Picture{Width: d.width, Height: d.height, HMax: d.hMax, VMax: d.vMax}
	for i := range d.components {
		c := &d.components[i]
		if c.quant == nil {
			return nil, fmt.Errorf("component %d was not coded", i)
		}
		plane := Plane{ID: c.id, Stride: 8 * c.across, Width: up(d.width*c.h, d.hMax), Height: up(d.height*c.v, d.vMax), H: c.h, V: c.v}
		plane.Pix = make([]byte, 8*c.down*plane.Stride)
		for n := range c.blocks {
			transform(plane.Pix[n/c.across*8*plane.Stride+n%c.across*8:], plane.Stride, &c.blocks[n], c.quant)
		}
		c.blocks = nil
		p.Planes = append(p.Planes, plane)
	}
	return p, nil
}
