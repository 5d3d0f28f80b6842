package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes files, empty unless content is given, in a new folder.
func tree(t *testing.T, content string, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFindInFolders(t *testing.T) {
	root := tree(t, "", "rose/2.JPG", "rose/10.jpg", "rose/deep/er/1.png", "daisy/a.jpeg", "daisy/notes.txt", "daisy/.hidden.jpg",
		".git/x.jpg", "rose/.cache/y.jpg", "loose.png", "README.md", "empty/only.txt", "Zinnia/z.gif")
	if err := os.Symlink(filepath.Join(root, "daisy"), filepath.Join(root, "linked")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(root, "rose", "broken.jpg")); err != nil {
		t.Fatal(err)
	}
	f, err := openFolder([]string{root}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range f.entries {
		got = append(got, e.name+" "+e.class)
	}
	want := []string{"Zinnia/z.gif Zinnia", "daisy/a.jpeg daisy", "linked/a.jpeg linked", "loose.png ",
		"rose/10.jpg rose", "rose/2.JPG rose", "rose/broken.jpg rose", "rose/deep/er/1.png rose"}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := f.Classes(), []string{"Zinnia", "daisy", "linked", "rose"}; !slices.Equal(got, want) {
		t.Errorf("classes %v, want %v", got, want)
	}
}

func TestFindKeepsTheOrderOfArguments(t *testing.T) {
	a, b := tree(t, "", "x/1.png"), tree(t, "", "x/0.png", "w/5.png")
	single := filepath.Join(tree(t, "", "odd name, with comma.bin"), "odd name, with comma.bin")
	f, err := openFolder([]string{single, b, a}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range f.entries {
		got = append(got, fmt.Sprint(e.arg, " ", e.name))
	}
	if want := []string{"0 odd name, with comma.bin", "1 w/5.png", "1 x/0.png", "2 x/1.png"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestFindErrors(t *testing.T) {
	root := tree(t, "", "class/readme.txt")
	for path, want := range map[string]string{
		filepath.Join(root, "missing"): "missing: no such file",
		root:                           "no pictures in folder",
	} {
		if _, err := openFolder([]string{path}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
	}
}

// Names say nothing about where on the machine files lie.
func TestFileName(t *testing.T) {
	for path, want := range map[string]string{
		"rose.jpg": "rose.jpg", "./a/b.png": "a/b.png", "a//b/../c.png": "a/c.png",
		"/home/x/rose.jpg": "rose.jpg", "../../secret/rose.jpg": "rose.jpg", "..jpg": "..jpg",
	} {
		if got := fileName(path); got != want {
			t.Errorf("%s is called %s, want %s", path, got, want)
		}
	}
}

func TestReadList(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		null bool
		want []string
	}{
		"lines":        {"a.jpg\nb c.jpg\n", false, []string{"a.jpg", "b c.jpg"}},
		"no last end":  {"a\nb", false, []string{"a", "b"}},
		"empty lines":  {"\n\na\n\n", false, []string{"a"}},
		"windows":      {"a\r\nb\r\n", false, []string{"a", "b"}},
		"null":         {"a\nb\x00c\r\x00", true, []string{"a\nb", "c\r"}},
		"null, no end": {"a\x00b", true, []string{"a", "b"}},
		"nothing":      {"", false, nil},
		"a long path":  {strings.Repeat("x", 100000) + "\n", false, []string{strings.Repeat("x", 100000)}},
	} {
		got, err := ReadList(strings.NewReader(test.text), test.null)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
		}
	}
}
