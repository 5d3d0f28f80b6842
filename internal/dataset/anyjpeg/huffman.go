package anyjpeg

import "errors"

// table is a Huffman code: for each length, the first code, and where its symbols begin.
type table struct {
	first, begin, count [17]int
	symbols             []byte
}

func (d *decoder) huffmanTables(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 || body[0]>>4 > 1 || body[0]&15 > 3 {
			return errors.New("bad Huffman table")
		}
		t, code, total := &table{}, 0, 0
		for length := 1; length <= 16; length++ {
			n := int(body[length])
			t.first[length], t.begin[length], t.count[length] = code, total, n
			code, total = (code+n)<<1, total+n
		}
		if len(body) < 17+total {
			return errCut
		}
		t.symbols = body[17 : 17+total]
		d.huffman[body[0]>>4][body[0]&15] = t
		body = body[17+total:]
	}
	return nil
}

// bits reads coded data bit by bit. The first error stays, and what is read after it is 0.
type bits struct {
	data []byte
	at   int
	have uint32
	n    int // bits of have that are not read yet
	err  error
}

func (b *bits) begin(data []byte) { *b = bits{data: data} }

func (b *bits) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *bits) read(n int) (v int) {
	for range n {
		if b.n == 0 {
			if b.err != nil || b.at+1 >= len(b.data) || b.data[b.at] == 0xff && b.data[b.at+1] != 0 {
				b.fail(errCut)
				return 0
			}
			b.have, b.n = uint32(b.data[b.at]), 8
			if b.at++; b.have == 0xff {
				b.at++
			}
		}
		b.n--
		v = v<<1 | int(b.have>>b.n&1)
	}
	return v
}

// symbol reads a symbol of a code.
func (b *bits) symbol(t *table) int {
	code := 0
	for length := 1; length <= 16; length++ {
		code = code<<1 | b.read(1)
		if i := code - t.first[length]; i >= 0 && i < t.count[length] {
			return int(t.symbols[t.begin[length]+i])
		}
	}
	b.fail(errors.New("bad Huffman code"))
	return 0
}

// signed reads a number of so many bits, of which the lower half of all values stands for the negative ones.
func (b *bits) signed(n int) int {
	if n > 16 {
		b.fail(errors.New("bad coefficient"))
		return 0
	}
	v := b.read(n)
	if n > 0 && v < 1<<(n-1) {
		v -= 1<<n - 1
	}
	return v
}

// restart expects the marker of a restart with its number, 0 to 7.
func (b *bits) restart(number byte) error {
	b.n = 0
	for b.at+1 < len(b.data) && b.data[b.at] == 0xff && b.data[b.at+1] == 0xff {
		b.at++
	}
	if b.at+1 >= len(b.data) || b.data[b.at] != 0xff || b.data[b.at+1] != 0xd0+number {
		return errors.New("no restart where one must be")
	}
	b.at += 2
	return b.err
}
