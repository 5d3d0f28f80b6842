package format

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// allocated returns the bytes that f allocates in all: an upper bound of what
// it ever holds.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// zeros reads as n zero bytes without holding them.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What was claimed costs nothing: only bytes that arrived do.
func TestMemoryFollowsArrival(t *testing.T) {
	claim := u8head("4294967000")
	rle := func(n int) []byte { // a frame of 8 MiB in 266 bytes
		return zframe(0xa4, []byte{0, 0, 0x80, 0}, append(bytes.Repeat(zblock(false, blockRLE, 128<<10, 0), n-1), zblock(true, blockRLE, 128<<10, 0)...))
	}
	for name, c := range map[string]struct {
		input io.Reader
		most  uint64
	}{
		"4 GiB document, 100 bytes":          {bytes.NewReader(join(begin, stored(claim), stored(make([]byte, 100)))), 32 << 20},
		"4 GiB document, 100 bytes, foreign": {bytes.NewReader(join(claim, make([]byte, 100))), 32 << 20},
		"4 GiB document, 100 bytes, zstd":    {bytes.NewReader(compress(t, join(claim, make([]byte, 100)))), 48 << 20},
		"8 MiB window, nothing in it":        {bytes.NewReader(zframe(0, []byte{0x68}, zblock(true, blockRLE, 9, 0))), 32 << 20},
		"RLE bomb with a bad checksum":       {bytes.NewReader(join(begin, stored(claim), rle(64), rle(64))), 32 << 20},
		"RLE bomb as header":                 {bytes.NewReader(join(begin, rle(64))), 32 << 20},
		"4 GiB skippable":                    {io.MultiReader(bytes.NewReader(skippable(skippableMagic, 1<<30)), zeros(1<<30)), 32 << 20},
		"a frame of empty blocks":            {io.MultiReader(bytes.NewReader(join(begin, zframe(0xa4, []byte{0, 0, 15, 0})[:9])), zeros(1<<30)), 32 << 20},
		"empty blocks, foreign":              {io.MultiReader(bytes.NewReader(zframe(0, []byte{0x58})[:6]), zeros(1<<24)), 48 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			got := allocated(func() { _, err = readAll(c.input, Limits{}) })
			if err == nil {
				t.Error("no error")
			}
			if got > c.most {
				t.Errorf("allocated %d MiB, more than %d MiB (%v)", got>>20, c.most>>20, err)
			}
		})
	}
}

// A document that grows to its size is not held more than about twice, and a
// second one is allocated once.
func TestMemoryOfLargeDocuments(t *testing.T) {
	const n = 40 << 20
	d := &Document{Tensors: []Tensor{Of("w", []int{n}, make([]uint8, n))}}
	for _, level := range []Level{Store, Fast} {
		b := encode(t, WriterOptions{Level: level}, d, d)
		r := NewReader(bytes.NewReader(b), Limits{})
		for i, most := range []uint64{2.8 * n, 1.2 * n} {
			var err error
			if got := allocated(func() { _, err = r.Next() }); err != nil || got > most {
				t.Errorf("%v, document %d: allocated %d MiB, error %v", level, i, got>>20, err)
			}
		}
	}
}

// Frames that wait for a decoder take little memory, however many processors
// there are to wait for.
func TestMemoryOfWaitingFrames(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(64))
	const frame, frames = 8 << 20, 10
	content := make([]byte, frame)
	// Raw blocks, but for one that makes the frame need a decoder.
	mixed := stored(content)
	blocks := 4 + 1 + 4
	mixed = join(mixed[:blocks], zblock(false, blockRLE, maxBlock, 0), mixed[blocks+3+maxBlock:])
	h := head(`{"a":{"data_offsets":[0,` + fmt.Sprint(frame*frames) + `],"dtype":"U8","shape":[` + fmt.Sprint(frame*frames) + `]}}`)
	doc := join(stored(h), bytes.Repeat(mixed, frames))
	r := NewReader(io.MultiReader(bytes.NewReader(begin), bytes.NewReader(doc), bytes.NewReader(doc)), Limits{})
	for range 2 { // the memory for the second is there at once
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for _, f := range r.frames {
		held += cap(f.raw)
	}
	if held > 64<<20 {
		t.Errorf("%d frames hold %d MiB", len(r.frames), held>>20)
	}
}

// Listing a file costs no more than its headers.
func TestMemoryOfPassingOver(t *testing.T) {
	const n = 32 << 20
	b := encode(t, WriterOptions{}, &Document{Tensors: []Tensor{Of("w", []int{n}, make([]uint8, n))}})
	got := allocated(func() {
		r := NewReader(bytes.NewReader(b), Limits{})
		for {
			if _, err := r.Header(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	if got > 8<<20 {
		t.Errorf("allocated %d MiB", got>>20)
	}
}

// Passing on through a pipe takes no more than a few frames, however large the document.
func TestMemoryOfPassingOn(t *testing.T) {
	const n = 64 << 20
	b := encode(t, WriterOptions{}, &Document{Meta: map[string]string{"kind": "net"}, Tensors: []Tensor{Of("w", []int{n}, make([]uint8, n))}})
	var err error
	got := allocated(func() { err = passAll(bytes.NewReader(b), io.Discard, WriterOptions{}) })
	if err != nil || got > 4<<20 {
		t.Errorf("allocated %d MiB, error %v", got>>20, err)
	}
}
