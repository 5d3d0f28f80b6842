package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"herbarium/internal/cli"
	"herbarium/internal/errs"
)

// writeEach writes each picture to a file of its own as it comes. The files get
// their names when the whole input has arrived.
func (c *command) writeEach(s *cli.Session) error {
	names, err := parseTemplate(c.Each)
	if err != nil {
		return err
	}
	taken := map[string]int{}
	all := func(*picture) (bool, error) { return true, nil }
	return c.pictures(s, all, func(p *picture) error {
		name, missing := names.fill(p, pathElement)
		if len(missing) > 0 {
			return errs.Hint(fmt.Errorf("--each: the picture has no %q", missing[0]), "keys are: %s", p.keys())
		}
		name = filepath.Clean(name)
		if other, twice := taken[name]; twice {
			key := "{index}"
			switch {
			case other != p.index:
			case p.heat != nil:
				key = "{map}"
			case p.item.Text(panelKey) != "":
				key = "{panel}"
			}
			return errs.Hint(fmt.Errorf("--each: %s would be picture %d and picture %d", name, other, p.index), "%s tells them apart", key)
		}
		taken[name] = p.index
		if err := s.MakeDir(filepath.Dir(name)); err != nil {
			return err
		}
		return c.write(s, name, p.image)
	})
}

const longestElement = 80 // bytes that a value may put into a file name

// pathElement makes a value safe as a part of a file name: it cannot name
// another directory, hide the file or upset a shell or make.
func pathElement(value string) string {
	value = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune("-_.,+@=", r):
			return r
		case r == '/' || r == '\\' || r == ':':
			return '-'
		default:
			return '_'
		}
	}, value)
	for strings.Contains(value, "..") {
		value = strings.ReplaceAll(value, "..", "_")
	}
	if strings.HasPrefix(value, ".") || strings.HasPrefix(value, "-") {
		value = "_" + value[1:]
	}
	if len(value) > longestElement {
		value = strings.ToValidUTF8(value[:longestElement], "")
	}
	return value
}
