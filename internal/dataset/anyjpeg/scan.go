package anyjpeg

import (
	"errors"
	"fmt"
)

// natural is where the coefficients of a block, which are coded from low to high frequencies, lie in its rows.
var natural = [blockSize]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// scan is a pass over some components, which codes all of their coefficients or, in a progressive picture, some.
type scan struct {
	components []*component
	dc, ac     []*table // by component
	from, to   int      // coefficients
	high, low  uint     // the lowest bit that is known before, 0 if none is, and after
	skip       int      // blocks that end without another coefficient
}

// scan reads a scan's header and decodes it.
func (d *decoder) scan(body []byte) error {
	if len(body) < 1 || len(body) < 4+2*int(body[0]) || body[0] < 1 || body[0] > 4 {
		return errCut
	}
	n := int(body[0])
	s := &scan{from: int(body[1+2*n]), to: int(body[2+2*n]), high: uint(body[3+2*n] >> 4), low: uint(body[3+2*n] & 15)}
	if !d.progressive {
		s.from, s.to, s.high, s.low = 0, blockSize-1, 0, 0
	}
	if s.from > s.to || s.to >= blockSize || s.low > 13 || d.progressive && (s.from == 0 && s.to > 0 || s.from > 0 && n > 1) {
		return errors.New("bad scan")
	}
	for i := range n {
		id, tables := body[1+2*i], body[2+2*i]
		c := d.find(id)
		if c == nil || tables>>4 > 3 || tables&15 > 3 {
			return fmt.Errorf("scan of component %d with tables %d", id, tables)
		}
		if c.quant == nil {
			c.quant = d.quant[c.table]
		}
		if c.quant == nil {
			return fmt.Errorf("no quantization %d", c.table)
		}
		s.components = append(s.components, c)
		s.dc = append(s.dc, d.huffman[0][tables>>4])
		s.ac = append(s.ac, d.huffman[1][tables&15])
		if s.from == 0 && s.high == 0 && s.dc[i] == nil || s.to > 0 && s.ac[i] == nil {
			return errors.New("no Huffman table")
		}
	}
	return d.decodeUnits(s)
}

func (d *decoder) find(id byte) *component {
	for i := range d.components {
		if d.components[i].id == id {
			return &d.components[i]
		}
	}
	return nil
}

// decodeUnits decodes the units of a scan: a block of a component alone, or what one unit of the picture has of several.
func (d *decoder) decodeUnits(s *scan) error {
	across, down := d.units[0], d.units[1]
	if len(s.components) == 1 {
		across, down = s.components[0].wide, s.components[0].high
	}
	d.bits.begin(d.data[d.at:])
	for n := range across * down {
		again := d.restart > 0 && n > 0 && n%d.restart == 0
		if again {
			if err := d.bits.restart(byte(n/d.restart-1) & 7); err != nil {
				return err
			}
		}
		if again || n == 0 {
			s.skip = 0
			for _, c := range s.components {
				c.dc = 0
			}
		}
		x, y := n%across, n/across
		for i, c := range s.components {
			if len(s.components) == 1 {
				s.block(&d.bits, i, &c.blocks[y*c.across+x])
				continue
			}
			for k := range c.h * c.v {
				s.block(&d.bits, i, &c.blocks[(y*c.v+k/c.h)*c.across+x*c.h+k%c.h])
			}
		}
		if d.bits.err != nil {
			return d.bits.err
		}
	}
	d.at += d.bits.at
	return nil
}

// block decodes what the scan has of one block.
func (s *scan) block(b *bits, i int, block *[blockSize]int16) {
	c, k := s.components[i], s.from
	if k == 0 {
		if s.high > 0 {
			block[0] |= int16(b.read(1) << s.low)
		} else {
			c.dc += b.signed(b.symbol(s.dc[i]))
			block[0] = int16(c.dc << s.low)
		}
		k++
	}
	switch {
	case k > s.to:
	case s.high > 0:
		s.refine(b, i, block)
	case s.skip > 0:
		s.skip--
	default:
		for k <= s.to && b.err == nil {
			symbol := b.symbol(s.ac[i])
			zeros, size := symbol>>4, symbol&15
			switch {
			case size > 0:
				k += zeros
				if k > s.to {
					b.fail(errors.New("too many coefficients"))
					return
				}
				block[natural[k]] = int16(b.signed(size) << s.low)
				k++
			case zeros == 15:
				k += 16
			default:
				s.skip = 1<<zeros - 1 + b.read(zeros)
				return
			}
		}
	}
}

// refine decodes another bit of coefficients that are known, and those that were zero so far (T.81, G.1.2.3).
func (s *scan) refine(b *bits, i int, block *[blockSize]int16) {
	k := s.from
	for s.skip == 0 && k <= s.to && b.err == nil {
		symbol := b.symbol(s.ac[i])
		zeros, size := symbol>>4, symbol&15
		fresh := int16(0)
		if size > 0 {
			if fresh = 1 << s.low; b.read(1) == 0 {
				fresh = -fresh
			}
		} else if zeros < 15 {
			s.skip = 1<<zeros + b.read(zeros)
			break
		}
		k = s.correct(b, block, k, zeros)
		if fresh != 0 {
			if k > s.to {
				b.fail(errors.New("too many coefficients"))
				return
			}
			block[natural[k]] = fresh
		}
		k++
	}
	if s.skip > 0 {
		s.correct(b, block, k, blockSize)
		s.skip--
	}
}

// correct reads a bit for each known coefficient from k on, up to the zero after so many others.
func (s *scan) correct(b *bits, block *[blockSize]int16, k, zeros int) int {
	for ; k <= s.to; k++ {
		v := &block[natural[k]]
		switch {
		case *v == 0 && zeros == 0:
			return k
		case *v == 0:
			zeros--
		case b.read(1) == 0:
		case *v > 0:
			*v += 1 << s.low
		default:
			*v -= 1 << s.low
		}
	}
	return k
}
