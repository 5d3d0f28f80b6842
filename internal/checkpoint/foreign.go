package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Foreign says what a file is that holds no net, whatever its name promises: a pointer that stands for the file, a page
// or an answer of a server, a picture, a net in a format that nothing here reads. It is nil for all others. Downloads
// that went wrong look like this.
func Foreign(data []byte) error {
	for _, f := range foreign {
		if at := f.at + len(f.magic); len(data) >= at && string(data[f.at:at]) == f.magic {
			return errors.New(f.is)
		}
	}
	if len(data) == 0 {
		return errors.New("the file is empty")
	}
	text := strings.TrimSpace(string(bytes.TrimPrefix(data[:min(len(data), 1000)], []byte("\xef\xbb\xbf"))))
	if !printable(text) {
		return nil
	}
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.Contains(lower, "<head"):
		return fmt.Errorf("a web page, not the file itself: a server asks for something, such as to sign in, or the address was that of a page about the file")
	case strings.HasPrefix(text, "<"):
		return fmt.Errorf("text in XML, such as a server's error, not the file itself: %.80q", text)
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return fmt.Errorf("text in JSON, such as a server's error or an index of other files, not the file itself: %.80q", text)
	case text == "":
		return errors.New("the file is blank")
	}
	return fmt.Errorf("a text, no net: it starts with %.80q", text)
}

// foreign are files by what they start with.
var foreign = []struct {
	at        int
	magic, is string
}{
	{0, "version https://git-lfs", "a pointer of Git LFS, not the file itself: git lfs pull fetches that"},
	{0, "/annex/objects/", "a pointer of git-annex, not the file itself: git annex get fetches that"},
	{257, "ustar", "a tar file: unpack it; torch before 0.1.10 saved nets so, and an old torch saves them again"},
	{0, "\x1f\x8b", "compressed by gzip: gunzip it first"},
	{0, "\xfd7zXZ\x00", "compressed by xz: unxz it first"},
	{0, "BZh", "compressed by bzip2: bunzip2 it first"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
	{0, "Rar!", "a RAR archive: unpack it first"},
	{0, "\x89HDF", "an HDF5 file, as Keras saves: tf2onnx makes an ONNX file of it"},
	{4, "TFL3", "a net of TensorFlow Lite: tflite2onnx or tf2onnx makes an ONNX file of it"},
	{0, "GGUF", "a GGUF file, of language models"},
	{0, "\x93NUMPY", "an array of NumPy, no net"},
	{0, "\x89PNG", "a PNG picture: ingest reads pictures"},
	{0, "\xff\xd8\xff", "a JPEG picture: ingest reads pictures"},
	{0, "GIF8", "a GIF picture: ingest reads pictures"},
	{0, "BM", "a BMP picture: ingest reads pictures"},
	{8, "WEBP", "a WebP picture: ingest reads pictures"},
	{0, "II*\x00", "a TIFF picture: ingest reads pictures"},
	{0, "MM\x00*", "a TIFF picture: ingest reads pictures"},
	{4, "ftyp", "a picture or film (HEIC, AVIF, MP4)"},
	{0, "PK\x03\x04", "a zip file, but no checkpoint: unpack it first"},
	{0, "%PDF", "a PDF document"},
	{0, "\x28\xb5\x2f\xfd", "compressed by zstd: if it is a stream, its nets are adopted already; else unzstd it first"},
	{1, "\x2a\x4d\x18", "a stream: its nets are adopted already; --to takes one out"},
}

// printable says whether the beginning of a file is text.
func printable(text string) bool {
	for i, r := range text {
		cut := r == utf8.RuneError && i > len(text)-utf8.UTFMax // in the middle of a letter
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) && !cut {
			return false
		}
	}
	return true
}

// Is says whether the content begins as a checkpoint of PyTorch or a safetensors file does.
func Is(data []byte) bool {
	return isZip(data) || len(data) > 1 && data[0] == opProto && data[1] <= 5 || isSafetensors(data)
}
