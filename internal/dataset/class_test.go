package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"herbarium/internal/errs"
)

// search opens a folder and returns "name class" of what it holds, and what was said.
func search(t *testing.T, root string) (found, said []string, f *Folder, err error) {
	t.Helper()
	f, err = openFolder([]string{root}, Options{Warnf: func(layout string, args ...any) {
		said = append(said, strings.ReplaceAll(fmt.Sprintf(layout, args...), root, "ROOT"))
	}})
	if err != nil {
		return nil, said, nil, err
	}
	for _, e := range f.entries {
		found = append(found, e.name+" "+e.class)
	}
	return found, said, f, nil
}

func link(t *testing.T, target string, parts ...string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(parts...)); err != nil {
		t.Fatal(err)
	}
}

func checkLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLinksWithinClassesAreFollowed(t *testing.T) {
	store := tree(t, "", "more/8.png", "more/deep/9.png", "others/7.png")
	root := tree(t, "", "rose/1.png", "rose/sub/2.png", "tulip/3.png")
	link(t, filepath.Join(store, "more"), root, "rose", "linked")
	link(t, filepath.Join(store, "others"), root, "rose", "sub", "again")
	link(t, filepath.Join(store, "others", "7.png"), root, "tulip", "one.png")
	found, said, f, err := search(t, root)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, "found", found, "rose/1.png rose", "rose/linked/8.png rose", "rose/linked/deep/9.png rose", "rose/sub/2.png rose",
		"rose/sub/again/7.png rose", "tulip/3.png tulip", "tulip/one.png tulip")
	checkLines(t, "said", said)
	if got := len(f.Depends(nil)); got != 7 { // the root, two classes, sub, and three folders by links
		t.Errorf("depends on folders %v", f.Depends(nil))
	}
}

func TestLinksThatLoopAreLeftOutAndNamed(t *testing.T) {
	root := tree(t, "", "rose/1.png", "rose/sub/2.png", "tulip/3.png")
	link(t, "..", root, "rose", "sub", "up")          // the class itself
	link(t, filepath.Dir(root), root, "rose", "roof") // above all
	link(t, ".", root, "whole")                       // a class that is the root
	link(t, "sub", root, "rose", "twice")             // what is read anyhow
	found, said, _, err := search(t, root)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, "found", found, "rose/1.png rose", "rose/sub/2.png rose", "tulip/3.png tulip")
	checkLines(t, "said", said,
		"ROOT/rose/roof is left out: it leads back to a folder that it lies in",
		"ROOT/rose/sub/up is left out: it leads back to a folder that it lies in",
		"ROOT/rose/twice is left out: it is the same folder as ROOT/rose/sub",
		"ROOT/whole is left out: it leads back to a folder that it lies in")
}

// Two folders outside that link to each other end, too.
func TestLinksInACircle(t *testing.T) {
	store := tree(t, "", "a/1.png", "b/2.png")
	link(t, "../b", store, "a", "b")
	link(t, "../a", store, "b", "a")
	root := tree(t, "", "tulip/3.png", "rose/4.png")
	link(t, filepath.Join(store, "a"), root, "rose", "more")
	found, said, _, err := search(t, root)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, "found", found, "rose/4.png rose", "rose/more/1.png rose", "rose/more/b/2.png rose", "tulip/3.png tulip")
	checkLines(t, "said", said, "ROOT/rose/more/b/a is left out: it is the same folder as ROOT/rose/more")
}

func TestNothingIsLeftOutUnsaid(t *testing.T) {
	root := tree(t, "", "rose/1.png", "rose/2.ppm", "rose/readme", "rose/clip.MP4", "tulip/3.png", "tulip/b.mp4", "list.csv", "empty/notes.txt", "rose/.hidden.jpg", ".git/x")
	found, said, _, err := search(t, root)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, "found", found, "rose/1.png rose", "tulip/3.png tulip")
	checkLines(t, "said", said, "no pictures in folder ROOT/empty: there is no class of that name",
		"files passed over, by the ends of their names: 1 .csv, 2 .mp4, 1 .ppm, 1 .txt, 1 without ending")
}

func TestPartsOfADataSetAreNoClasses(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		err   string // or else what is said
		said  string
		hint  string
	}{
		"train and test":             {[]string{"test/a/1.png", "test/b/2.png", "train/a/3.png", "train/b/4.png"}, "holds folders called test, train: these look like parts", "", "ROOT/train"},
		"in capitals, among others":  {[]string{"Testing/a/1.png", "Training/a/3.png", "more/5.png"}, "holds folders called Testing, Training", "", "ROOT/Training"},
		"valid and test":             {[]string{"test/a/1.png", "valid/a/3.png"}, "holds folders called test, valid", "", "ROOT/test"},
		"without folders in them":    {[]string{"train/1.png", "test/2.png"}, "", "ROOT holds folders called test, train: these look like parts of a data set, not like classes", ""},
		"one folder of classes":      {[]string{"jpg/rose/1.png", "jpg/tulip/2.png"}, "", "ROOT holds one class folder, jpg, with folders in it: if those are the classes, name ROOT/jpg", ""},
		"a train is a class as well": {[]string{"train/x/1.png", "bus/2.png"}, "", "", ""},
		"one part":                   {[]string{"train/1.png", "training/2.png"}, "", "", ""},
		"plain classes":              {[]string{"rose/1.png", "tulip/2.png"}, "", "", ""},
	} {
		root := tree(t, "", test.files...)
		_, said, _, err := search(t, root)
		switch {
		case test.err != "":
			hint := strings.ReplaceAll(errs.HintOf(err), root, "ROOT")
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.HasSuffix(hint, test.hint) {
				t.Errorf("%s: error %v, hint %q; want %q, %q", name, err, hint, test.err, test.hint)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case strings.Join(said, "\n") != test.said:
			t.Errorf("%s: said %q, want %q", name, said, test.said)
		}
	}
}

// However a system spells the letters of its names, classes are the same.
func TestClassesAreComposed(t *testing.T) {
	for _, name := range []string{"pâquerette", "Hoa sữa", "Ångström", "한글"} {
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			root := tree(t, "", form.String(name)+"/1.png", "iris/2.png", "more "+form.String(name)+"/3.png")
			f, err := Open([]string{root}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want := norm.NFC.String(name); !slices.Contains(f.Classes(), want) {
				t.Errorf("%q: classes %q", form.String(name), f.Classes())
			}
			for _, asked := range []norm.Form{norm.NFC, norm.NFD} {
				if only, err := Only(f, []string{asked.String(name)}); err != nil || only.Len() != 1 {
					t.Errorf("asked for %q of %q: %v", asked.String(name), f.Classes(), err)
				}
			}
		}
	}
	root := tree(t, "", norm.NFC.String("é")+"/1.png", norm.NFD.String("é")+"/2.png", "iris/3.png")
	f, err := Open([]string{root}, Options{})
	if err != nil || !slices.Equal(f.Classes(), []string{"iris", norm.NFC.String("é")}) {
		t.Errorf("both spellings in one folder: %q, %v", f.Classes(), err)
	}
}
