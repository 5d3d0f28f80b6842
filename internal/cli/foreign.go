package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"herbarium/format"
	"herbarium/internal/checkpoint"
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
		if what := recognize(f.Name, foreign.Start); what != "" {
			if foreign.Compressed {
				return errs.Hint(fmt.Errorf("%s is %s, compressed by zstd, not a stream", name, what), "%s", unpackFirst(f.Name))
			}
			return errs.Hint(fmt.Errorf("%s is %s, not a stream", name, what), "%s", adoptFirst(f.Name))
		}
		if other := checkpoint.Foreign(foreign.Start); other != nil {
			return fmt.Errorf("%s is not a stream: %w", name, other)
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

// unpackFirst is about a compressed file, which adopt does not take.
func unpackFirst(name string) string {
	if name == "" {
		return "unpack and adopt it first: zstd -dc FILE.zst > FILE; adopt FILE -o net.st.zst"
	}
	unpacked := strings.TrimSuffix(filepath.Base(name), ".zst")
	if unpacked == filepath.Base(name) {
		unpacked += ".unpacked"
	}
	return fmt.Sprintf("unpack and adopt it first: zstd -dc %s > %s; %s", quote(name), quote(unpacked), strings.TrimPrefix(adoptFirst(unpacked), "adopt it first: "))
}

func adoptFirst(name string) string {
	if name == "" {
		return "adopt it first: adopt FILE -o net.st.zst"
	}
	return fmt.Sprintf("adopt it first: adopt %s -o %s", quote(name), quote(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))+".st.zst"))
}

// recognize names a file that adopt reads by its first bytes; "" if it is none.
func recognize(name string, start []byte) string {
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case len(start) > 1 && start[0] == 0x80 && start[1] <= 5:
		return "a PyTorch checkpoint (a pickle)"
	// The name of the first member: those of torch.save lie in a folder.
	case bytes.HasPrefix(start, []byte("PK\x03\x04")) && len(start) > 30:
		member := string(start[30:min(len(start), 30+int(start[26])+int(start[27])<<8)])
		if strings.Contains(member, "/") || ext == ".pth" || ext == ".pt" {
			return "a PyTorch checkpoint (a zip file)"
		}
	// ONNX has no mark: its first field is most often the version of the format, 1 to 31.
	case ext == ".onnx" && checkpoint.Foreign(start) == nil, len(start) > 2 && start[0] == 8 && start[1] > 0 && start[1] < 32 && start[2] >= 8:
		return "an ONNX file"
	}
	return ""
}
