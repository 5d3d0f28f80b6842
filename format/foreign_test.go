package format

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// plain is what `zstd -d` makes of a stream of one document.
func plain(t testing.TB, d *Document) []byte {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(encode(t, WriterOptions{Level: Fast}, d)))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	b, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compress(t testing.TB, content []byte, o ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	enc, err := zstd.NewWriter(&b, o...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enc.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForeign(t *testing.T) {
	doc := sample()[0]
	big := &Document{Tensors: []Tensor{Of("w", []int{3_000_000}, ramp(3_000_000))}}
	p := plain(t, doc)
	half := len(p) / 2
	table := skippable(skippableMagic+14, 6, 1, 2, 3, 4, 5, 6)
	for name, c := range map[string]struct {
		input []byte
		want  *Document
	}{
		"plain":             {p, doc},
		"compressed":        {compress(t, p), doc},
		"without checksum":  {compress(t, p, zstd.WithEncoderCRC(false)), doc},
		"single segment":    {compress(t, p, zstd.WithSingleSegment(true)), doc},
		"several frames":    {join(compress(t, p[:half]), compress(t, p[half:])), doc},
		"seek table":        {join(table, compress(t, p), table), doc},
		"empty frame after": {join(compress(t, p), compress(t, nil, zstd.WithZeroFrames(true))), doc},
		"stored frames":     {join(stored(p[:half]), stored(p[half:])), doc},
		"no tensors":        {plain(t, &Document{}), &Document{}},
		"big":               {plain(t, big), big},
		"big, compressed":   {compress(t, plain(t, big)), big},
	} {
		t.Run(name, func(t *testing.T) {
			for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader} {
				docs, err := readAll(wrap(bytes.NewReader(c.input)), Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := same([]*Document{c.want}, docs); diff != "" {
					t.Error(diff)
				}
			}
			r := NewReader(bytes.NewReader(c.input), Limits{})
			if _, err := r.Header(); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Header(); err != io.EOF {
				t.Errorf("passed over: %v", err)
			}
		})
	}
}

func TestForeignErrors(t *testing.T) {
	p := plain(t, sample()[2])
	z := compress(t, p, zstd.WithWindowSize(1<<16))
	for name, c := range map[string]struct {
		input []byte
		says  string
	}{
		"text":                {[]byte("Hello, this is no stream."), `it starts with "Hello, th"`},
		"short text":          {[]byte("no\n?"), `it starts with "no\n?"`},
		"PNG":                 {[]byte("\x89PNG\r\n\x1a\n0000000000"), "neither"},
		"gzip":                {[]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"), "neither"},
		"terminal escapes":    {[]byte("\x1b[2J\x1b[31m00000000"), "neither"},
		"no brace":            {join([]byte{8, 0, 0, 0, 0, 0, 0, 0}, []byte("        ")), "neither"},
		"length 0":            {make([]byte, 16), "neither"},
		"length 2^64-1":       {bytes.Repeat([]byte{255}, 16), "neither"},
		"length over 1 MiB":   {join([]byte{0, 0, 16, 0, 0, 0, 0, 0}, []byte("{")), "header of 1048576 bytes"},
		"length over 100 MB":  {join([]byte{1, 0xe1, 0xf5, 5, 0, 0, 0, 0}, []byte("{")), "neither"},
		"byte after":          {join(p, []byte{0}), "bytes after the document"},
		"two documents":       {join(p, p), "bytes after the document"},
		"two, compressed":     {join(z, z), "bytes after the document"},
		"byte after, inside":  {compress(t, join(p, []byte{0})), "bytes after the document"},
		"byte after frame":    {join(z, []byte{0}), "truncated"},
		"text after frame":    {join(z, []byte("hello")), "after a zstd frame"},
		"END after":           {join(z, end(0, 0)), "control record"},
		"abort after":         {join(z, appendEnd(nil, End{}, true, "x")), "control record"},
		"frame in a frame":    {compress(t, z), "neither"},
		"a stream in a frame": {compress(t, encode(t, WriterOptions{})), "neither"},
		"dictionary":          {zframe(0x21, []byte{1, 8}, zblock(true, blockRLE, 8, 0)), "dictionary"},
		"window of 1 GiB":     {zframe(0x00, []byte{0xa0}, zblock(true, blockRLE, 8, 0)), "window of 1073741824"},
		"content of 16 EiB":   {zframe(0xe0, bytes.Repeat([]byte{0xff}, 8), zblock(true, blockRLE, 8, 0)), "window of 18446744073709551615"},
		"reserved block":      {zframe(0x00, []byte{0x40}, zblock(true, blockReserved, 0)), "reserved type"},
		"block over 128 KiB":  {zframe(0x00, []byte{0x60}, zblock(true, blockRLE, 200<<10, 0)), "block of 204800"},
		"4 GiB skippable":     {join(skippable(skippableMagic, 0xffffffff), z), "truncated"},
		"only skippable":      {skippable(skippableMagic, 1, 1), "truncated"},
		"flipped content":     {flip(z, len(z)-6, 1), ""},
		"flipped checksum":    {flip(z, len(z)-1, 1), "CRC"},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, c.input, c.says) })
	}
	for _, in := range [][]byte{p, z, join(skippable(skippableMagic, 3, 1, 2, 3), z)} {
		for n := 1; n < len(in); n++ {
			if _, err := readAll(bytes.NewReader(in[:n]), Limits{}); !errors.Is(err, ErrTruncated) && !(n == 3 && err == nil) {
				t.Fatalf("%d of %d bytes: %v", n, len(in), err)
			}
		}
	}
}

// A larger window is one setting away.
func TestForeignWindow(t *testing.T) {
	d := &Document{Tensors: []Tensor{Of("w", []int{5_000_000}, ramp(5_000_000))}}
	in := compress(t, plain(t, d), zstd.WithWindowSize(16<<20))
	_, err := readAll(bytes.NewReader(in), Limits{})
	if err == nil || !strings.Contains(err.Error(), "zstd -19") {
		t.Errorf("%v", err)
	}
	if _, err := readAll(bytes.NewReader(in), Limits{Window: 16 << 20}); err != nil {
		t.Error(err)
	}
}

func TestWriteSafetensorsIsThePayload(t *testing.T) {
	d := &Document{Meta: map[string]string{"kind": "net"}, Tensors: []Tensor{
		Of("a", []int{3}, []uint8{1, 2, 3}), Of("b", []int{}, []int64{7}), Of("c", []int{0, 2}, []float32{})}}
	var b bytes.Buffer
	if err := WriteSafetensors(&b, d); err != nil {
		t.Fatal(err)
	}
	if want := plain(t, d); !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%q, want the payload of the stream, %q", b.Bytes(), want)
	}
	d.Tensors[0].Data = nil
	if err := WriteSafetensors(io.Discard, d); err == nil {
		t.Error("a tensor without its data is written")
	}
}
