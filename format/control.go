package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	controlMagic = 0x184D2A54 // the skippable frame that BEGIN and END live in
	version      = 1
	beginSize    = 8
	endSize      = 56
	maxMessage   = 4096
)

// An End is what the END record of a stream says.
type End struct {
	Documents uint64            // documents of the stream
	Bytes     uint64            // payload: the documents' bytes, uncompressed
	HasDigest bool              // Digest was written
	Digest    [sha256.Size]byte // SHA-256 of the payload
	Verified  bool              // every body was read and the payload has this digest
}

// control starts a control frame with its magic, size and name.
func control(size int, name string) []byte {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 8+size), controlMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	return append(b, name...)
}

func appendBegin(b []byte) []byte {
	b = append(b, control(beginSize, "TNSB")...)
	return append(b, version, 0, 0, 0)
}

// appendEnd appends END with status ok, or abort if there is a message.
func appendEnd(b []byte, e End, abort bool, message string) []byte {
	message = oneLine(message)
	for len(message) > maxMessage { // cut at a character
		_, size := utf8.DecodeLastRuneInString(message)
		message = message[:len(message)-size]
	}
	b = append(b, control(endSize+len(message), "TNSE")...)
	b = append(b, b2u(abort), b2u(e.HasDigest), 0, 0)
	b = binary.LittleEndian.AppendUint64(b, e.Documents)
	b = binary.LittleEndian.AppendUint64(b, e.Bytes)
	b = append(b, e.Digest[:]...)
	return append(b, message...)
}

func b2u(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// readControl reads the rest of a control frame, after its magic. It returns
// nil for BEGIN, an End for END with status ok, an *AbortError for abort.
func readControl(r io.Reader) (*End, error) {
	var b [4 + endSize + maxMessage]byte
	if _, err := io.ReadFull(r, b[:4]); err != nil {
		return nil, cut(err, "a control record")
	}
	size := binary.LittleEndian.Uint32(b[:])
	if size != beginSize && (size < endSize || size > endSize+maxMessage) {
		return nil, fmt.Errorf("control record of %d bytes: not a Herbarium stream, or damaged", size)
	}
	rec := b[4 : 4+size]
	if _, err := io.ReadFull(r, rec); err != nil {
		return nil, cut(err, "a control record")
	}
	switch name := string(rec[:4]); {
	case name == "TNSB" && size == beginSize:
		return nil, checkBegin(rec)
	case name == "TNSE" && size >= endSize:
		return parseEnd(rec)
	default:
		return nil, fmt.Errorf("control record %q of %d bytes: not a Herbarium stream, or damaged", name, size)
	}
}

func checkBegin(rec []byte) error {
	if rec[4] != version {
		return fmt.Errorf("stream version %d: this program reads version %d", rec[4], version)
	}
	if rec[5] != 0 || rec[6] != 0 || rec[7] != 0 {
		return fmt.Errorf("stream flags %x are unknown: written by a newer program?", rec[5:8])
	}
	return nil
}

func parseEnd(rec []byte) (*End, error) {
	status, digest := rec[4], rec[5]
	if status > 1 || digest > 1 || rec[6] != 0 || rec[7] != 0 {
		return nil, fmt.Errorf("END with unknown status or flags %x: written by a newer program, or damaged", rec[4:8])
	}
	message := rec[endSize:]
	if status == 1 {
		return nil, &AbortError{Message: oneLine(strings.ToValidUTF8(string(message), " "))}
	}
	if len(message) > 0 {
		return nil, fmt.Errorf("END with status ok has a message: damaged")
	}
	e := &End{
		Documents: binary.LittleEndian.Uint64(rec[8:]),
		Bytes:     binary.LittleEndian.Uint64(rec[16:]),
		HasDigest: digest == 1,
		Digest:    [sha256.Size]byte(rec[24:]),
	}
	if !e.HasDigest && !bytes.Equal(rec[24:endSize], make([]byte, sha256.Size)) {
		return nil, fmt.Errorf("END without digest has digest bytes: damaged")
	}
	return e, nil
}
