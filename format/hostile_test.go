package format

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

// hostileStreams must not pass; each comes with what the error says. The list
// is that of the issue on hardening: frames swapped, doubled, dropped; sizes and
// counts that lie; and every rule of FORMAT.md broken once.
func hostileStreams() map[string]hostileStream {
	h := u8head("6")
	a, b := stored([]byte("abc")), stored([]byte("def"))
	doc := join(stored(h), a, b)
	size := len(h) + 6
	payload := join(h, []byte("abcdef"))
	big := len(u8head("4294967000"))
	return map[string]hostileStream{
		"no input":                 {nil, "no input"},
		"END only":                 {end(0, 0), "END without BEGIN"},
		"two ENDs":                 {join(begin, end(0, 0), end(0, 0)), "END without BEGIN"},
		"two BEGINs":               {join(begin, begin, end(0, 0)), "BEGIN inside a stream"},
		"BEGIN only":               {begin, "truncated"},
		"document before BEGIN":    {join(doc, begin, end(0, 0)), "control record"},
		"BEGIN lost":               {join(doc, endOne(size)), "control record in input without BEGIN"},
		"END lost between streams": {join(begin, doc, begin, doc, endOne(size)), "BEGIN inside a stream"},
		"document between streams": {join(begin, end(0, 0), doc, begin, end(0, 0)), "bytes after the end"},
		"text after END":           {join(begin, end(0, 0), []byte("hello")), "bytes after the end"},
		"one byte after END":       {join(begin, end(0, 0), []byte{0}), "1 bytes after the end"},
		"skippable after END":      {join(begin, end(0, 0), skippable(skippableMagic, 0)), "bytes after the end"},
		"newline after END":        {join(begin, end(0, 0), []byte("\n")), "after the end"},

		"unknown version":       {flip(begin, 12, 3), "version 2"},
		"version 0":             {flip(begin, 12, 1), "version 0"},
		"reserved BEGIN byte":   {flip(begin, 13, 1), "flags"},
		"unknown flag":          {flip(begin, 14, 1), "flags"},
		"unknown high flag":     {flip(begin, 15, 0x80), "flags"},
		"BEGIN too long":        {join(skippable(controlMagic, 9), []byte("TNSB\x01\x00\x00\x00\x00")), "control record of 9"},
		"unknown control":       {join(begin, skippable(controlMagic, 8), []byte("TNSX\x01\x00\x00\x00")), "TNSX"},
		"BEGIN as long as END":  {join(skippable(controlMagic, 56), []byte("TNSB"), make([]byte, 52)), "control record"},
		"END as short as BEGIN": {join(begin, skippable(controlMagic, 8), []byte("TNSE\x00\x00\x00\x00")), "control record"},
		"END too long":          {join(begin, skippable(controlMagic, 56+4097), []byte("TNSE"), make([]byte, 52+4097)), "control record"},
		"END status 2":          {join(begin, flip(end(0, 0), 12, 2)), "status"},
		"END digest kind 2":     {join(begin, flip(end(0, 0), 13, 2)), "status or flags"},
		"END reserved":          {join(begin, flip(end(0, 0), 15, 1)), "status or flags"},
		"END digest, none":      {join(begin, flip(end(0, 0), 40, 1)), "digest"},
		"END ok with message":   {join(begin, flip(appendEnd(nil, End{}, true, "no"), 12, 1)), "message"},
		"4 GiB skippable frame": {join(begin, skippable(skippableMagic+1, 0xffffffff), a), "0x184d2a51"},
		"4 GiB control frame":   {join(begin, skippable(controlMagic, 0xffffffff), a), "control record of 4294967295"},
		"small skippable frame": {join(begin, skippable(skippableMagic, 2, 1, 2), end(0, 0)), "0x184d2a50"},
		"not a frame":           {join(begin, []byte("GIF89a")), "0x38464947"},

		"too many documents counted": {join(begin, doc, end(2, size)), "END counts 2 documents"},
		"a document doubled":         {join(begin, doc, doc, endOne(size)), "END counts 1 documents"},
		"a document dropped":         {join(begin, endOne(size)), "END counts 1 documents"},
		"too few bytes counted":      {join(begin, doc, endOne(size-1)), "END counts"},
		"wrong digest":               {join(begin, doc, flip(endDigest(1, payload), 55, 1)), "SHA-256"},
		"frames swapped":             {join(begin, stored(h), b, a, endDigest(1, payload)), "SHA-256"},
		"a frame doubled":            {join(begin, stored(h), a, a, b, endOne(size)), "doubled"},
		"a frame doubled at the end": {join(begin, doc, b, endOne(size)), "length"},
		"a frame dropped":            {join(begin, stored(h), a, endOne(size)), "a frame is missing"},
		"the body dropped":           {join(begin, stored(h), endOne(size)), "a frame is missing"},
		"the header dropped":         {join(begin, a, b, endOne(size)), "length"},
		"header and body in one":     {join(begin, stored(payload), endOne(size)), "length"},
		"two headers":                {join(begin, stored(h), doc, endOne(size)), "at most 6 may follow"},
		"frame over two documents":   {join(begin, stored(h), stored([]byte("abcdef__")), endOne(size)), "at most 6 may follow"},
		"BEGIN inside a document":    {join(begin, stored(h), begin), "control record"},
		"digest after the mark":      {join(begin, appendStored(nil, len(h), true, func(dst []byte) { copy(dst, h) }), a, b, endDigest(1, payload)), "announced none"},

		"dictionary":             {join(begin, zframe(0x25, []byte{7, 8}, zblock(true, blockRLE, 8, 0))), "dictionary"},
		"no content size":        {join(begin, zframe(0x04, []byte{0x58}, zblock(true, blockRLE, 8, 0))), "content size"},
		"several segments":       {join(begin, zframe(0x44, []byte{0x58, 0, 0}, zblock(true, blockRLE, 8, 0))), "segments"},
		"no checksum":            {join(begin, zframe(0x20, []byte{8}, zblock(true, blockRLE, 8, 0))), "checksum"},
		"reserved bit":           {join(begin, zframe(0x2c, []byte{8}, zblock(true, blockRLE, 8, 0))), "reserved"},
		"unused bit":             {join(begin, zframe(0x34, []byte{8}, zblock(true, blockRLE, 8, 0))), "reserved"},
		"empty frame":            {join(begin, zframe(0x24, []byte{0}, zblock(true, blockRaw, 0))), "without content"},
		"reserved block":         {join(begin, zframe(0x24, []byte{8}, zblock(true, blockReserved, 0))), "reserved type"},
		"block over the window":  {join(begin, zframe(0x24, []byte{8}, zblock(true, blockRaw, 9, make([]byte, 9)...))), "block of 9 bytes"},
		"block over 128 KiB":     {join(begin, zframe(0xa4, []byte{0, 0, 15, 0}, zblock(true, blockRLE, 128<<10+1, 0))), "block of 131073 bytes"},
		"blocks over content":    {join(begin, zframe(0x24, []byte{8}, zblock(false, blockRLE, 8, 0), zblock(true, blockRLE, 1, 0))), "longer than"},
		"blocks under content":   {join(begin, zframe(0x24, []byte{8}, zblock(true, blockRLE, 7, 0))), "damaged"},
		"raw under content":      {join(begin, zframe(0x24, []byte{2}, zblock(true, blockRaw, 1, 0))), "1 bytes of its 2"},
		"endless empty blocks":   {join(begin, zframe(0x24, []byte{8}, bytes.Repeat(zblock(false, blockRaw, 0), 1<<20))), "longer than"},
		"wrong checksum":         {join(begin, zframe(0x24, []byte{1}, zblock(true, blockRaw, 1, 0))), "checksum"},
		"wrong RLE checksum":     {join(begin, zframe(0x24, []byte{8}, zblock(true, blockRLE, 8, 0))), "damaged"},
		"garbage block":          {join(begin, zframe(0x24, []byte{8}, zblock(true, blockCompressed, 4, 1, 2, 3, 4))), "damaged"},
		"header of 16 EiB":       {join(begin, zframe(0xe4, bytes.Repeat([]byte{0xff}, 8), zblock(true, blockRaw, 0))), "at most 1048576"},
		"header over 1 MiB":      {join(begin, stored(head("{"+string(bytes.Repeat([]byte{' '}, 1<<20))+"}"))), "at most 1048576"},
		"header under its frame": {join(begin, stored(append(head("{}"), ' '))), "length"},
		"header of 7 bytes":      {join(begin, stored([]byte("1234567"))), "length"},
		"header of 8 bytes":      {join(begin, stored(make([]byte, 8))), "does not start with {"},
		"frame over 8 MiB":       {join(begin, stored(u8head("9000000")), zframe(0xa4, []byte{0, 0, 0x81, 0}, zblock(false, blockRLE, 128<<10, 0))), "at most 8388608"},
		"body of 100 bytes":      {join(begin, stored(u8head("4294967000")), stored(make([]byte, 100)), endOne(big+100)), "a frame is missing"},
		"document over 4 GiB":    {join(begin, stored(u8head("4294967296"))), "more than 4294967296"},
		"document of 8 EiB":      {join(begin, stored(u8head("9223372036854775807"))), "limit"},
	}
}

type hostileStream struct {
	stream []byte
	says   string
}

func TestHostileStreams(t *testing.T) {
	for name, c := range hostileStreams() {
		t.Run(name, func(t *testing.T) { wantError(t, c.stream, c.says) })
	}
	// A frame that turns out to need a decoder halfway.
	m := u8head("9")
	docs, err := readAll(bytes.NewReader(join(begin, stored(m), mixed(), endOne(len(m)+9))), Limits{})
	if err != nil || string(docs[0].Tensors[0].Data) != "abcdxxxxe" {
		t.Errorf("mixed blocks: %v", err)
	}
	// The well-formed stream that most of them are made from.
	h, body := u8head("6"), []byte("abcdef")
	b := join(begin, stored(h), stored(body[:3]), stored(body[3:]), endDigest(1, join(h, body)))
	docs, err = readAll(bytes.NewReader(b), Limits{})
	if err != nil || !bytes.Equal(docs[0].Tensors[0].Data, body) {
		t.Errorf("well-formed: %v", err)
	}
}

// flip returns b with the bits of mask turned over in byte i.
func flip(b []byte, i int, mask byte) []byte {
	b = bytes.Clone(b)
	b[i] ^= mask
	return b
}

// A bit that was turned over is found out, or does not matter.
func TestEveryBitFlip(t *testing.T) {
	docs := []*Document{
		{Tensors: []Tensor{Of("a", []int{40}, make([]uint8, 40)), Of("b", []int{1}, []float32{1})}},
		{},
	}
	for _, o := range []WriterOptions{{}, {Level: Fast, Digest: true}} {
		whole := encode(t, o, docs...)
		want, err := readAll(bytes.NewReader(whole), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(whole) {
			got, err := readAll(bytes.NewReader(flip(whole, bit/8, 1<<(bit%8))), Limits{})
			if err == nil && same(want, got) != "" {
				t.Errorf("%v: bit %d of byte %d: other content without an error: %s", o.Level, bit%8, bit/8, same(want, got))
			}
		}
	}
}

// The same for a file that zstd compressed.
func TestEveryBitFlipForeign(t *testing.T) {
	docs := []*Document{{Meta: map[string]string{"kind": "a"}, Tensors: []Tensor{Of("a", []int{40}, make([]uint8, 40)), Of("b", []int{1}, []float32{1})}}}
	for name, whole := range map[string][]byte{
		"one frame":  compress(t, plain(t, docs[0])),
		"stored":     stored(plain(t, docs[0])),
		"seek table": join(compress(t, plain(t, docs[0])), skippable(skippableMagic+14, 3, 1, 2, 3)),
	} {
		for bit := range 8 * len(whole) {
			got, err := readAll(bytes.NewReader(flip(whole, bit/8, 1<<(bit%8))), Limits{})
			if err == nil && same(docs, got) != "" {
				t.Errorf("%s: bit %d of byte %d: other content without an error: %s", name, bit%8, bit/8, same(docs, got))
			}
		}
	}
}

// The structural checks hold when bodies are passed over, too.
func TestPassingOver(t *testing.T) {
	docs := []*Document{
		{Tensors: []Tensor{Of("big", []int{700_000}, ramp(700_000)), Of("x", []int{1}, []uint8{1})}},
		{Tensors: []Tensor{Of("y", []int{1}, []uint8{2})}},
	}
	b := encode(t, WriterOptions{Level: Fast, Digest: true}, docs...)
	r := NewReader(bytes.NewReader(b), Limits{})
	first, err := r.Header()
	if err != nil {
		t.Fatal(err)
	}
	if first.Tensor("big") == nil || first.Tensor("big").Data != nil || first.Tensor("big").Len() != 700_000 {
		t.Errorf("header: %+v", first.Tensors)
	}
	second, err := r.Next()
	if err != nil || second.Tensor("y").Data[0] != 2 {
		t.Fatalf("%v %v", second, err)
	}
	if err := r.Body(first); err == nil {
		t.Error("a body came twice or late")
	}
	if _, err := r.Header(); err != io.EOF {
		t.Fatal(err)
	}
	if e := r.End(); !e.HasDigest || e.Verified || e.Documents != 2 {
		t.Errorf("%+v", e)
	}
	if _, ok := r.Digest(); ok {
		t.Error("a digest of what was not decoded")
	}
	for n := 1; n < len(b); n += max(1, len(b)/500) {
		r := NewReader(bytes.NewReader(b[:n]), Limits{})
		var err error
		for err == nil {
			_, err = r.Header()
		}
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestErrorsStay(t *testing.T) {
	r := NewReader(bytes.NewReader(join(begin, []byte("GIF89a"), end(0, 0))), Limits{})
	_, first := r.Next()
	_, again := r.Header()
	if first == nil || first != again || r.Body(&Document{}) != first {
		t.Errorf("first %v, then %v", first, again)
	}
}

// Some tensors come without the others, bit for bit.
func TestBodyOf(t *testing.T) {
	doc := &Document{Tensors: []Tensor{
		Of("a", []int{3}, []int64{1, 2, 3}), Of("big", []int{700_000}, ramp(700_000)), Of("none", []int{0}, []float32{}),
		Of("mid", []int{300_000}, ramp(300_000)), Of("z", []int{1}, []uint8{9}),
	}}
	last := &Document{Tensors: []Tensor{Of("end", []int{1}, []uint8{1})}}
	stream := encode(t, WriterOptions{Level: Fast}, doc, last)
	for _, in := range [][]byte{stream, plain(t, doc), compress(t, plain(t, doc))} {
		for _, names := range [][]string{{}, {"a"}, {"z"}, {"mid"}, {"none"}, {"z", "a", "absent"}, {"mid", "big"}} {
			r := NewReader(bytes.NewReader(in), Limits{})
			d, err := r.Header()
			if err == nil {
				err = r.BodyOf(d, names...)
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range d.Tensors {
				got := &d.Tensors[i]
				if want := slices.Contains(names, got.Name); (got.Data != nil) != want || want && !bytes.Equal(got.Data, doc.Tensor(got.Name).Data) {
					t.Errorf("%v: %s has %d bytes", names, got.Name, len(got.Data))
				}
			}
			for err == nil {
				_, err = r.Next()
			}
			if err != io.EOF {
				t.Errorf("%v: after it: %v", names, err)
			}
		}
	}
	// What holds none of them may be damaged and is not looked at; what holds
	// some may not.
	damaged := flip(stream, len(stream)/2, 0x10)
	for name, fine := range map[string]bool{"a": true, "big": false} {
		r := NewReader(bytes.NewReader(damaged), Limits{})
		d, err := r.Header()
		if err == nil {
			err = r.BodyOf(d, name)
		}
		if (err == nil) != fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
