package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"herbarium/internal/errs"
)

func TestNoFileIsReadAndWritten(t *testing.T) {
	dir := t.TempDir()
	stat := func(name string) fs.FileInfo {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	a, b, link, null := stat(filepath.Join(dir, "a")), stat(filepath.Join(dir, "b")), stat(filepath.Join(dir, "link")), stat(os.DevNull)

	var u inUse
	if err := u.reads("a", a); err != nil {
		t.Fatal(err)
	}
	if err := u.writes("b", b); err != nil {
		t.Errorf("another file: %v", err)
	}
	err := u.writes("link", link)
	if err == nil || err.Error() != "a and link are the same file" || errs.HintOf(err) == "" {
		t.Errorf("an input written under another name: %v", err)
	}
	if err := u.reads("b", b); err == nil {
		t.Error("an output may be read")
	}
	for range 2 {
		if err := u.reads("null", null); err != nil {
			t.Errorf("a device: %v", err)
		}
	}
}
