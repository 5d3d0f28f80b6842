package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"herbarium/internal/errs"
)

// classFolder is a search for the pictures of one class: in its folder and in all below it. Symbolic links to folders
// are followed, but no folder is read twice, and none that leads back to where it lies.
type classFolder struct {
	root, name string
	read       map[string]string // each folder that was read, by its real path, as it was reached
	links      []folderLink      // to folders, for when all that lies here itself has been read
	folders    []string
	entries    []entry
	nested     bool // pictures lie in folders within the class folder
}

// folderLink is a symbolic link to a folder.
type folderLink struct {
	path string
	in   string // real path of the folder that it lies in
}

// findClass appends the pictures of a class folder, sorted by name.
func (f *Folder) findClass(root, name string) (*classFolder, error) {
	c := &classFolder{root: root, name: name, read: map[string]string{}}
	in, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, plain(err)
	}
	c.links = []folderLink{{filepath.Join(root, name), in}}
	for len(c.links) > 0 {
		link := c.links[0]
		c.links = c.links[1:]
		real, err := filepath.EvalSymlinks(link.path)
		if err != nil {
			return nil, plain(err)
		}
		if real == link.in || strings.HasPrefix(link.in, strings.TrimSuffix(real, "/")+"/") {
			f.warnf("%s is left out: it leads back to a folder that it lies in", link.path)
			continue
		}
		if err := f.readFolder(c, link.path, real); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.entries, func(a, b entry) int {
		return slices.Compare(strings.Split(a.name, "/"), strings.Split(b.name, "/"))
	})
	f.folders = append(f.folders, c.folders...)
	f.entries = append(f.entries, c.entries...)
	return c, nil
}

// readFolder reads one folder, whose real path is given too, and those that lie in it, and notes links to others.
func (f *Folder) readFolder(c *classFolder, path, real string) error {
	if first, ok := c.read[real]; ok {
		f.warnf("%s is left out: it is the same folder as %s", path, first)
		return nil
	}
	c.read[real] = path
	c.folders = append(c.folders, path)
	list, err := os.ReadDir(path)
	if err != nil {
		return plain(err)
	}
	for _, e := range list {
		at := filepath.Join(path, e.Name())
		switch isDir, ok := follow(at, e); {
		case isDir && e.IsDir():
			if err := f.readFolder(c, at, filepath.Join(real, e.Name())); err != nil {
				return err
			}
		case isDir:
			c.links = append(c.links, folderLink{at, real})
		case ok && isPicture(e.Name()):
			name, err := filepath.Rel(c.root, at)
			if err != nil {
				return err
			}
			// Systems differ in how they write letters with accents in names of files; classes are composed (NFC).
			c.entries = append(c.entries, entry{path: at, name: filepath.ToSlash(name), class: norm.NFC.String(c.name)})
			c.nested = c.nested || len(c.folders) > 1
		default:
			f.pass(e.Name())
		}
	}
	return nil
}

// checkClasses looks at the class folders of an argument for what is hardly meant.
func (f *Folder) checkClasses(root string, classes []*classFolder) error {
	classes = slices.DeleteFunc(classes, func(c *classFolder) bool {
		if len(c.entries) == 0 && len(c.read) > 0 {
			f.warnf("no pictures in folder %s: there is no class of that name", filepath.Join(root, c.name))
		}
		return len(c.entries) == 0
	})
	var parts []string
	first := "" // of the parts, that to train on if there is one
	kinds, nested := map[string]bool{}, false
	for _, c := range classes {
		if kind := partOf(c.name); kind != "" {
			parts = append(parts, c.name)
			kinds[kind] = true
			if first == "" || kind == "train" {
				first = c.name
			}
			nested = nested || c.nested
		}
	}
	const meaning = "%s holds folders called %s: these look like parts of a data set, not like classes"
	switch {
	case len(kinds) > 1 && nested:
		return errs.Hint(fmt.Errorf(meaning, root, errs.Few(parts)), "name the folder of one part, whose sub-folders are the classes: %s", filepath.Join(root, first))
	case len(kinds) > 1:
		f.warnf(meaning, root, errs.Few(parts))
	case len(classes) == 1 && classes[0].nested:
		path := filepath.Join(root, classes[0].name)
		f.warnf("%s holds one class folder, %s, with folders in it: if those are the classes, name %s", root, classes[0].name, path)
	}
	return nil
}

// partOf is the part of a data set that folders of this name usually hold: train, val, test, or "".
func partOf(name string) string {
	switch strings.ToLower(name) {
	case "train", "training", "trainset", "train_set":
		return "train"
	case "val", "valid", "validation", "dev", "valset", "val_set":
		return "val"
	case "test", "testing", "testset", "test_set", "eval", "evaluation":
		return "test"
	}
	return ""
}
