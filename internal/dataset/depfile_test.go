package dataset

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// GNU make reads every name as it is: it makes the target when a file of that name is newer or gone, and not else.
func TestDepfileNames(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make")
	}
	var names []string
	for _, odd := range strings.Split("x| |#|$|:|;|%|*|?|[|]|~|=|&|!|'|\"|`|(|)|{|<|,|@|+|\\|$(x)|${|%\\%|\\ |\\#|(1)| (2) |é", "|") {
		names = append(names, "a"+odd+"b.jpg", odd+"b.jpg", "d"+odd+"/c.jpg")
	}
	names = append(names, "a|b.jpg", "a$(shell touch hacked)b.jpg")
	dir := t.TempDir()
	old := time.Unix(1_000_000_000, 0)
	var folders []string
	for _, name := range names {
		path := filepath.Join(dir, name)
		put(t, nil, path)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		if folder := filepath.Dir(name); folder != "." && !slices.Contains(folders, folder+"/") {
			folders = append(folders, folder+"/")
		}
	}
	for _, folder := range folders {
		if err := os.Chtimes(filepath.Join(dir, folder), old, old); err != nil {
			t.Fatal(err)
		}
	}
	var dep bytes.Buffer
	if err := WriteDepfile(&dep, "the target", append(folders, names...)); err != nil {
		t.Fatal(err)
	}
	put(t, dep.Bytes(), dir, "deps")
	put(t, []byte("include deps\nthe\\ target:\n\t@touch 'the target'; echo MADE\n"), dir, "Makefile")
	makes := func() string {
		cmd := exec.Command("make", "-rR", "the target")
		cmd.Dir = dir
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS") }) // make test runs this
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s\n%s", err, out, dep.String())
		}
		return string(out)
	}
	target := filepath.Join(dir, "the target")
	made := func(why string) {
		t.Helper()
		if out := makes(); !strings.HasSuffix(out, "MADE\n") {
			t.Errorf("%s: %s", why, out)
		}
		if err := os.Chtimes(target, old.Add(time.Hour), old.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	made("at first")
	if out := makes(); strings.Contains(out, "MADE") {
		t.Fatalf("made again: %s", out)
	}
	for _, name := range append(folders, names...) {
		path := filepath.Join(dir, name)
		for _, when := range []time.Time{old.Add(2 * time.Hour), old} {
			if err := os.Chtimes(path, when, when); err != nil {
				t.Fatal(err)
			}
			if when != old {
				made(name)
			}
		}
	}
	if out := makes(); strings.Contains(out, "MADE") {
		t.Fatalf("made again: %s", out)
	}
	if err := os.Remove(filepath.Join(dir, names[0])); err != nil {
		t.Fatal(err)
	}
	if out := makes(); !strings.HasSuffix(out, "MADE\n") {
		t.Errorf("a file is gone: %s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "hacked")); err == nil {
		t.Error("a name was run as a command")
	}
}

func TestDepfileRefuses(t *testing.T) {
	for _, name := range []string{"", "two\nlines.jpg", "a\tb.jpg", "ends in space ", "lib(member)", `a\`, `a\;b.jpg`, "a&"} {
		var dep bytes.Buffer
		if err := WriteDepfile(&dep, "out", []string{"fine.jpg", name}); err == nil || dep.Len() > 0 {
			t.Errorf("%q: no error, %q written", name, dep.String())
		}
	}
}

// What a run depends on: the folders, empty ones too, and the files it reads.
func TestDepends(t *testing.T) {
	root := tree(t, "", "rose/1.png", "rose/deep/2.png", "aster/3.png", "none/notes.txt")
	src, err := Open([]string{root}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	strip := func(paths []string) (out []string) {
		for _, p := range paths {
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(p, root), "/"))
		}
		slices.Sort(out)
		return out
	}
	if got, want := strip(src.Depends([]int{0, 1, 2})), []string{"", "aster/", "aster/3.png", "none/", "rose/", "rose/1.png", "rose/deep/", "rose/deep/2.png"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := strip(src.Depends([]int{1})), []string{"", "aster/", "none/", "rose/", "rose/1.png", "rose/deep/"}; !slices.Equal(got, want) {
		t.Errorf("one file: %q, want %q", got, want)
	}
	set, err := Open([]string{cifar(t)}, Options{Split: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Depends(nil); len(got) != 2 || filepath.Base(got[1]) != "test_batch.bin" {
		t.Errorf("CIFAR-10: %q", got)
	}
}
