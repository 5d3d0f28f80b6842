package cli

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"herbarium/format"
	"herbarium/internal/errs"
)

// zipped is an archive with one member.
func zipped(t *testing.T, member string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create(member); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func compressed(t *testing.T, content string) string {
	t.Helper()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(e.EncodeAll([]byte(content), nil))
}

// TestForeignFilesAreNamed: whoever gives a tool a file of another format is told what it is and which tool reads it.
func TestForeignFilesAreNamed(t *testing.T) {
	var plain bytes.Buffer
	if err := format.WriteSafetensors(&plain, numbers("", 1, 7)); err != nil {
		t.Fatal(err)
	}
	stream := encodeStream(t, numbers("net", 1, 7))
	for _, test := range []struct{ name, content, says, hint string }{
		{"net.onnx", "\x08\x07\x12\x07pytorch\x1a\x051.13.1:", "FILE is an ONNX file, not a stream", "adopt it first: adopt FILE -o net.st.zst"},
		{"net.bin", "\x08\x07\x12\x07pytorch\x1a\x051.13.1:", "an ONNX file", "adopt"},
		{"net.onnx", "\x3a\x80\x01 a graph comes first", "an ONNX file", "adopt"},
		{"a net.pth", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "FILE is a PyTorch checkpoint (a pickle)", "adopt it first: adopt 'FILE' -o 'a net.st.zst'"},
		{"n.pth.zst", compressed(t, "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), "FILE is a PyTorch checkpoint (a pickle), compressed by zstd, not a stream", "unpack and adopt it first: zstd -dc FILE > n.pth; adopt n.pth -o n.st.zst"},
		{"net.pt", zipped(t, "archive/data.pkl"), "a PyTorch checkpoint (a zip file)", "adopt"},
		{"net.safetensors", plain.String(), "FILE holds tensors, but no net", "adopt it first: adopt FILE -o net.st.zst"},
		{"net.keras", zipped(t, "metadata.json"), "FILE is not a stream: a zip file, but no checkpoint", ""},
		{"photos.zip", zipped(t, "rose.jpg"), "a zip file, but no checkpoint: unpack it first", ""},
		{"net.h5", "\x89HDF\r\n\x1a\n00000000", "an HDF5 file", ""},
		{"x.npy", "\x93NUMPY\x01\x00v\x00{'descr'", "an array of NumPy", ""},
		{"a.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF", "FILE is not a stream: a JPEG picture: ingest reads pictures", ""},
		{"a.webp", "RIFF\x00\x01\x00\x00WEBPVP8 ", "a WebP picture: ingest", ""},
		{"net.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS", ""},
		{"net.onnx", "<!DOCTYPE html>\n<html>", "a web page", ""},
		{"net.st.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", "compressed by gzip: gunzip it", ""},
		{"net.st", "nothing known", "FILE is not a stream: a text", ""},
		{"net.st", "\x01\x02\x03\x04\x05\x06\x07\x08\x09", "FILE: input is neither a Herbarium stream nor a safetensors file: it starts with ", ""},
		{"net.st", stream[:len(stream)-9], "FILE ends too early, in a control record", "a part of it is missing"},
		{"net.st", plain.String()[:plain.Len()-1], "FILE ends too early, in a body", "a part of it is missing"},
		{"net.st", "", "FILE is empty", ""},
	} {
		path := filepath.Join(t.TempDir(), test.name)
		if err := os.WriteFile(path, []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		stderr, status := runReadNet(path)
		message, hint, _ := strings.Cut(strings.ReplaceAll(stderr, path, "FILE"), "\n")
		if status != 1 || !strings.Contains(message, test.says) || !strings.Contains(hint, test.hint) || (test.hint == "") != (hint == "") {
			t.Errorf("%s: status %d, %q; want %q and the hint %q", test.name, status, stderr, test.says, test.hint)
		}
	}
}

// TestTruncatedPipesBlameTheCommandBefore: of a pipe nothing else is known.
func TestTruncatedPipesBlameTheCommandBefore(t *testing.T) {
	cut := &format.TruncatedError{Where: "a body"}
	if err := (Source{}).Explain(cut); err != cut {
		t.Errorf("standard input: %v", err)
	}
	if err := (Source{Name: "/dev/fd/63"}).Explain(cut); err.Error() != "/dev/fd/63: "+cut.Error() || errs.HintOf(err) != "" {
		t.Errorf("a named pipe: %v", err)
	}
}
