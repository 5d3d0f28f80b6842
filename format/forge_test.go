package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// What a hostile or damaged stream is put together from.

var (
	begin  = appendBegin(nil)
	endOne = func(bytes int) []byte { return end(1, bytes) }
)

func end(documents, bytes int) []byte {
	return appendEnd(nil, End{Documents: uint64(documents), Bytes: uint64(bytes)}, false, "")
}

func endDigest(documents int, payload []byte) []byte {
	return appendEnd(nil, End{Documents: uint64(documents), Bytes: uint64(len(payload)), HasDigest: true, Digest: sha256.Sum256(payload)}, false, "")
}

// stored is a frame of raw blocks.
func stored(content []byte) []byte {
	return appendStored(nil, len(content), false, func(dst []byte) { content = content[copy(dst, content):] })
}

// zframe is a frame with any descriptor, content size and blocks, without a
// proper checksum.
func zframe(descriptor byte, size []byte, blocks ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, zstdMagic)
	b = append(append(b, descriptor), size...)
	b = append(b, bytes.Join(blocks, nil)...)
	return append(b, 0, 0, 0, 0)
}

// zblock is a block with any header.
func zblock(last bool, kind, size int, data ...byte) []byte {
	v := size<<3 | kind<<1 | int(b2u(last))
	return append([]byte{byte(v), byte(v >> 8), byte(v >> 16)}, data...)
}

// mixed is a frame of raw blocks and one of another kind: abcdxxxxe.
func mixed() []byte {
	b := zframe(0x24, []byte{9}, zblock(false, blockRaw, 3, 'a', 'b', 'c'), zblock(false, blockRaw, 1, 'd'), zblock(false, blockRLE, 4, 'x'), zblock(true, blockRaw, 1, 'e'))
	return binary.LittleEndian.AppendUint32(b[:len(b)-4], uint32(xxhash.Sum64String("abcdxxxxe")))
}

func skippable(magic uint32, size uint32, content ...byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, magic)
	return append(binary.LittleEndian.AppendUint32(b, size), content...)
}

// head is a document's length and JSON header, padded to a multiple of 8.
func head(json string) []byte {
	json += strings.Repeat(" ", (8-len(json)%8)%8)
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(json))), json...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// u8head is the header of a document with one tensor of n bytes.
func u8head(n string) []byte {
	return head(`{"a":{"data_offsets":[0,` + n + `],"dtype":"U8","shape":[` + n + `]}}`)
}

// wantError reads all of b and fails unless that gives an error with text.
func wantError(t *testing.T, b []byte, text string) {
	t.Helper()
	docs, err := readAll(bytes.NewReader(b), Limits{})
	if err == nil {
		t.Fatalf("no error, %d documents", len(docs))
	}
	if !strings.Contains(err.Error(), text) {
		t.Fatalf("error %q does not say %q", err, text)
	}
	if strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Fatalf("error is not one printable line: %q", err)
	}
}
