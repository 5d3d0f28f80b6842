package sheet

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"
	"strings"
)

// IsJPEG tells whether a file of this name is to be a JPEG.
func IsJPEG(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".jpg" || ext == ".jpeg"
}

// pngKeyword is the keyword of the text chunk that holds the provenance.
const pngKeyword = "Herbarium provenance"

// WritePNG writes a PNG; the same picture and text give the same bytes. The
// provenance, if there is one, goes into an iTXt chunk (PNG specification,
// section 11.3.4.5) before the picture.
func WritePNG(w io.Writer, picture image.Image, provenance string) error {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return err
	}
	encoded := b.Bytes()
	const afterHeader = 8 + 4 + 4 + 13 + 4 // signature; IHDR's length, name, content, check sum
	if _, err := w.Write(encoded[:afterHeader]); err != nil {
		return err
	}
	if provenance != "" {
		// Keyword, 0; not compressed: 0, 0; no language, 0; no translation, 0.
		if _, err := w.Write(pngChunk("iTXt", pngKeyword+"\x00\x00\x00\x00\x00"+provenance)); err != nil {
			return err
		}
	}
	_, err := w.Write(encoded[afterHeader:])
	return err
}

func pngChunk(name, content string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(out, name+content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

const (
	jpegQuality = 92
	mostComment = 1<<16 - 1 - 2 // a segment's length has 16 bits and counts itself
)

// WriteJPEG writes a JPEG. The provenance, if it fits, goes into a comment.
func WriteJPEG(w io.Writer, picture image.Image, provenance string) error {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return err
	}
	encoded := b.Bytes()
	comment := pngKeyword + ": " + provenance
	if provenance == "" || len(comment) > mostComment {
		_, err := w.Write(encoded)
		return err
	}
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(len(comment)+2))
	for _, part := range [][]byte{encoded[:2], segment, []byte(comment), encoded[2:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
