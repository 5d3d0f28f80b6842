package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// How renders a provenance (the metadata key "prov" of a stream's first
// document) as shell commands, one per line: for relative inputs that still
// exist, running them makes the same payload again. A stream that was read from
// a named file is made by a line of its own, one from <(command) in place. What
// has no usable name any more stays as sha256:HEX, with a comment. Others say what
// computed: with other libraries, the results are the same up to rounding only.
func How(chain string) (string, error) {
	links, err := parseChain(chain)
	if err != nil {
		return "", err
	}
	r := recipe{byID: map[string]*entry{}, made: map[string]string{}, busy: map[string]bool{}}
	for i := range links {
		e := &links[i].entry
		if r.byID[e.ID] == nil {
			r.byID[e.ID] = e
		}
		if e.Version != Version {
			r.note("%s was version %s, this is %s", e.Tool, e.Version, Version)
		}
		if e.Engine != "" {
			r.note("%s computed with %s", e.Tool, e.Engine)
		}
	}
	for _, id := range heads(links) {
		line, err := r.pipeline([]string{id}, "")
		if err != nil {
			return "", err
		}
		r.lines = append(r.lines, line)
	}
	return strings.Join(append(r.notes, r.lines...), "\n") + "\n", nil
}

// recipe is the script that How writes.
type recipe struct {
	byID  map[string]*entry
	made  map[string]string // command line that a file came from, by its name
	busy  map[string]bool   // entries being rendered: a chain from elsewhere may be circular
	lines []string
	notes []string
	size  int // commands
	text  int // bytes of their words
}

// What a chain from elsewhere can unfold to is bounded: entries that share
// parents double with every generation.
const (
	mostCommands = 1 << 12
	mostText     = 1 << 20
)

// pipeline renders the commands whose output, one after the other, a stream is.
// output is the file it goes to, or "".
func (r *recipe) pipeline(ids []string, output string) (string, error) {
	if len(ids) == 1 {
		return r.command(ids[0], output)
	}
	var b strings.Builder
	b.WriteString("{ ")
	for _, id := range ids {
		line, err := r.command(id, "")
		if err != nil {
			return "", err
		}
		b.WriteString(line + "; ")
	}
	b.WriteString("}")
	if output != "" {
		b.WriteString(" > " + quote(output))
	}
	return b.String(), nil
}

// command renders one entry and what fed its standard input.
func (r *recipe) command(id, output string) (string, error) {
	e := r.byID[id]
	switch {
	case e == nil:
		return "", fmt.Errorf("provenance: entry %q is missing", id)
	case r.busy[id]:
		return "", fmt.Errorf("provenance: entry %q is its own ancestor", id)
	}
	if r.size++; r.size > mostCommands {
		return "", errors.New("provenance: too many commands to list")
	}
	r.text += len(e.Tool)
	for _, arg := range e.Argv {
		r.text += len(arg) + len(e.Inputs[arg].Name)
	}
	if r.text > mostText {
		return "", errors.New("provenance: too long to list")
	}
	r.busy[id] = true
	defer delete(r.busy, id)

	line := ""
	if len(e.Parents) > 0 {
		feed, err := r.pipeline(e.Parents, "")
		if err != nil {
			return "", err
		}
		line = feed + " | "
	}
	line += quote(e.Tool)
	for _, arg := range e.Argv {
		word, err := r.word(e, arg)
		if err != nil {
			return "", err
		}
		line += " " + word
	}
	if output != "" {
		line += " -o " + quote(output)
	}
	return line, nil
}

// word renders an argument; in place of a digest, the file that had it.
func (r *recipe) word(e *entry, arg string) (string, error) {
	o, isInput := e.Inputs[arg]
	switch {
	case !isInput && !strings.HasPrefix(arg, "sha256:"):
		return quote(arg), nil
	case len(o.From) == 0 && o.Name != "":
		return quote(o.Name), nil
	case len(o.From) == 0:
		r.note("%s read %s, which has no name here", e.Tool, arg)
		return quote(arg), nil
	}
	key := strings.Join(o.From, " ")
	if o.Name != "" && (r.made[o.Name] == "" || r.made[o.Name] == key) {
		if r.made[o.Name] == "" {
			r.made[o.Name] = key
			line, err := r.pipeline(o.From, o.Name)
			if err != nil {
				return "", err
			}
			r.lines = append(r.lines, line)
		}
		return quote(o.Name), nil
	}
	line, err := r.pipeline(o.From, "")
	return "<(" + line + ")", err
}

func (r *recipe) note(layout string, args ...any) {
	text := "# " + oneLine(fmt.Sprintf(layout, args...))
	if !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

// quote writes a word so that a shell reads it back: bare where nothing in it
// is special, else in single quotes, and in $'...' where it holds control
// characters, which must not reach a terminal.
func quote(word string) string {
	const plain = "@%+=:,./-_^"
	isPlain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune(plain, r)
	}
	switch {
	case word != "" && strings.IndexFunc(word, func(r rune) bool { return !isPlain(r) }) < 0:
		return word
	case strings.IndexFunc(word, unicode.IsControl) < 0:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range word {
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}
