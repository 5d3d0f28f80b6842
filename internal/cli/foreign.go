package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"herbarium/format"
	"herbarium/internal/errs"
)

// Source is where a stream comes from, for messages.
type Source struct {
	Name string // of a file; "" is standard input
	File bool   // a regular file, which no other command is writing
}

// OpenFile opens a file that should hold a stream.
func OpenFile(path string) (*os.File, Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Source{}, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errs.Hint(fmt.Errorf("%s is a directory, not a stream", path), "ingest makes a stream of photos: ingest %s -o photos.st.zst", quote(path))
	}
	if err != nil {
		return nil, Source{}, errors.Join(err, f.Close())
	}
	return f, Source{Name: path, File: info.Mode().IsRegular()}, nil
}

// Explain says of an error of a [format.Reader] which input it is about. Input that is of another format is named, with the
// tool that reads it, and a file that is cut off is not blamed on another command.
func (f Source) Explain(err error) error {
	var cut *format.TruncatedError
	var foreign *format.ForeignError
	name := f.Name
	if name == "" {
		name = "standard input"
	}
	switch {
	case errors.As(err, &foreign):
		if what, advice := recognize(f.Name, foreign.Start); what != "" {
			return errs.Hint(fmt.Errorf("%s is %s, not a stream", name, what), "%s", advice)
		}
	case errors.As(err, &cut) && f.File:
		return errs.Hint(fmt.Errorf("%s ends too early, in %s", name, cut.Where), "copy it or make it again: a part of it is missing")
	}
	if errors.Is(err, format.ErrEmpty) && f.File {
		return fmt.Errorf("%s is empty", name)
	}
	if f.Name == "" {
		return err
	}
	return prefixed(f.Name+": ", err)
}

// foreignFormats are the beginnings of files that people have instead of streams; a '?' stands for any byte.
var foreignFormats = []struct {
	magic, what string
	advise      func(name string) string
}{
	{"\x80\x02", "a PyTorch checkpoint (a pickle)", adoptFirst},
	{"\x80\x03", "a PyTorch checkpoint (a pickle)", adoptFirst},
	{"\x80\x04", "a PyTorch checkpoint (a pickle)", adoptFirst},
	{"\x80\x05", "a PyTorch checkpoint (a pickle)", adoptFirst},
	{"\xff\xd8\xff", "a picture (JPEG)", ingestFirst},
	{"\x89PNG", "a picture (PNG)", ingestFirst},
	{"GIF8", "a picture (GIF)", ingestFirst},
	{"RIFF????WEBP", "a picture (WebP)", ingestFirst},
	{"BM", "a picture (BMP)", ingestFirst},
	{"II*\x00", "a picture (TIFF)", ingestFirst},
	{"MM\x00*", "a picture (TIFF)", ingestFirst},
	{"????ftyp", "a picture or film (HEIC, AVIF, MP4)", ingestFirst},
	{"\x93NUMPY", "an array of numpy (.npy)", writeStream},
	{"\x89HDF\r\n", "an HDF5 file, such as Keras writes", exportONNX},
	{"????TFL3", "a TensorFlow Lite file", exportONNX},
	{"version https://git-lfs", "a pointer of Git LFS, not the file itself", func(string) string { return "git lfs pull fetches that" }},
	{"<", "a page of the web or other text", func(string) string { return "a download that failed leaves such a file: fetch it again" }},
	{"\x1f\x8b", "compressed by gzip", func(string) string { return "gunzip it first" }},
}

func adoptFirst(name string) string {
	if name == "" {
		return "adopt it first: adopt FILE -o net.st.zst"
	}
	return fmt.Sprintf("adopt it first: adopt %s -o %s", quote(name), quote(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))+".st.zst"))
}

func ingestFirst(name string) string {
	if name == "" {
		name = "FILE"
	}
	return fmt.Sprintf("ingest reads pictures: ingest %s -o photos.st.zst, or in a pipe", quote(name))
}

func writeStream(string) string {
	return "format/python/herbarium_stream.py writes arrays as a stream"
}

func exportONNX(string) string { return "export it as ONNX (tf2onnx does), then adopt that" }

// recognize tells what a file is by its first bytes, and what to do about it; "" if it is nothing known.
func recognize(name string, start []byte) (what, advice string) {
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		return recognizeZip(name, start)
	}
	for _, f := range foreignFormats {
		if matches(start, f.magic) {
			return f.what, f.advise(name)
		}
	}
	// ONNX has no mark: its first field is most often the version of the format, 1 to 31.
	if strings.EqualFold(filepath.Ext(name), ".onnx") || len(start) > 2 && start[0] == 8 && start[1] > 0 && start[1] < 32 && start[2] >= 8 {
		return "an ONNX file", adoptFirst(name)
	}
	return "", ""
}

// recognizeZip goes by the name of the archive's first member.
func recognizeZip(name string, start []byte) (what, advice string) {
	member := ""
	if len(start) > 30 {
		member, _, _ = strings.Cut(string(start[30:min(len(start), 30+int(start[26])+int(start[27])<<8)]), "\x00")
	}
	switch {
	case strings.HasSuffix(member, ".npy"):
		return "arrays of numpy (.npz)", writeStream(name)
	case strings.Contains(member, "/"), strings.EqualFold(filepath.Ext(name), ".pth"), strings.EqualFold(filepath.Ext(name), ".pt"):
		return "a PyTorch checkpoint (a zip file)", adoptFirst(name)
	case strings.EqualFold(filepath.Ext(name), ".keras"):
		return "a Keras file", exportONNX(name)
	}
	return "a zip file", "unpack it first"
}

func matches(start []byte, magic string) bool {
	for i := range len(magic) {
		if i >= len(start) || magic[i] != '?' && start[i] != magic[i] {
			return false
		}
	}
	return true
}
