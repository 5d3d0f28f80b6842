package typeset

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folders are where systems keep fonts.
func folders(getenv func(string) string) []string {
	var out []string
	add := func(base string, parts ...string) {
		if base != "" {
			out = append(out, filepath.Join(append([]string{base}, parts...)...))
		}
	}
	add(getenv("XDG_DATA_HOME"), "fonts")
	for _, base := range filepath.SplitList(getenv("XDG_DATA_DIRS")) {
		add(base, "fonts")
	}
	home := getenv("HOME")
	add(home, ".local", "share", "fonts")
	add(home, ".fonts")
	add(home, "Library", "Fonts")
	return append(out, "/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts")
}

// installed are the fonts with outlines below folders. What cannot be read is left out.
func installed(folders []string) []*source {
	var paths []string
	for _, folder := range folders {
		root, err := filepath.EvalSymlinks(folder)
		if err != nil {
			continue
		}
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(filepath.Ext(path))) {
				paths = append(paths, path)
			}
			return nil
		})
	}
	slices.Sort(paths)
	var out []*source
	for _, path := range slices.Compact(paths) {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		if sources, err := read(file, path); err == nil {
			out = append(out, sources...)
		}
		file.Close()
	}
	return out
}
