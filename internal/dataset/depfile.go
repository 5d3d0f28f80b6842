package dataset

import (
	"fmt"
	"io"
	"strings"
)

// WriteDepfile writes a rule for GNU make that says what target depends on. Each path is a target of its own, too,
// without a recipe: so that one that has been deleted makes the target old instead of stopping make. Folders should
// end in a slash. The few names that make has no notation for are errors.
func WriteDepfile(w io.Writer, target string, paths []string) error {
	var b strings.Builder
	name, err := makeTarget(target)
	if err != nil {
		return err
	}
	b.WriteString(name + ":")
	seen := map[string]bool{}
	for _, path := range paths {
		name, err := makeName(path)
		if err != nil {
			return err
		}
		if !seen[name] {
			b.WriteString(" \\\n  " + name)
		}
		seen[name] = true
	}
	b.WriteString("\n")
	for _, path := range paths {
		name, err := makeTarget(path)
		if err != nil {
			return err
		}
		if key := "target " + name; !seen[key] {
			seen[key] = true
			b.WriteString("\n" + name + ":\n")
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// makeName is a path as a prerequisite.
func makeName(path string) (string, error) { return escapeForMake(path, " #:|*?[") }

// makeTarget is a path as a target, where % would be a pattern and | is nothing special.
func makeTarget(path string) (string, error) { return escapeForMake(path, " #:%*?[") }

// escapeForMake puts a backslash before the special characters, and doubles those that stand before them. What
// separates rules from recipes and names from values is looked for more than once.
func escapeForMake(path, special string) (string, error) {
	if strings.ContainsAny(path, "\t\n\r") || strings.Contains(path, `\;`) || path == "" || strings.ContainsAny(path[len(path)-1:], ` )&\`) {
		return "", fmt.Errorf("make has no notation for the name %q; rename it", path)
	}
	var b strings.Builder
	if path[0] == '~' {
		b.WriteString("./")
	}
	backslashes := 0
	for i := range len(path) {
		c := path[i]
		switch {
		case c == '$':
			b.WriteString("$$")
		case c == '=':
			b.WriteString("$(strip =)")
		case c == ';':
			b.WriteString(`\\\;`)
		case strings.IndexByte(special, c) >= 0:
			b.WriteString(strings.Repeat(`\`, backslashes+1))
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		if backslashes++; c != '\\' {
			backslashes = 0
		}
	}
	return b.String(), nil
}
