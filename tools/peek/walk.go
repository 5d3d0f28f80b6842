package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"herbarium/format"
	"herbarium/internal/cli"
	"herbarium/internal/errs"
	"herbarium/internal/images"
)

// selects says whether the flags pick images.
func (c *command) selects() bool { return c.First != 0 || len(c.Class) > 0 || len(c.Where) > 0 }

// check refuses flags that do not go together.
func (c *command) check() error {
	view := c.Layers || c.Stats || c.Verify || c.How || c.Get != nil
	switch {
	case c.selects() && view:
		return errs.Usagef("--first, --class and --where select images: they go with --items or alone")
	case !c.Text() && c.JSON:
		return errs.Usagef("--json is for what peek prints; with --first, --class, --where or --all it writes a stream")
	case !c.Text() && c.File != "" && c.File != "-":
		return errs.Usagef("a selection reads standard input: < %s", c.File)
	case c.JSON && (c.How || c.Get != nil):
		return errs.Usagef("--json does not go with --how or --get")
	}
	return nil
}

// walk gives f the header of every document (of --document alone), with its
// number. Whatever f does not read of a body is passed over. The input is read
// to its END, so that a failure of the command before this one is noticed.
func (c *command) walk(s *cli.Session, f func(r *format.Reader, n int, d *format.Document) error) (*format.Reader, error) {
	return c.walkNumbered(s, func(r *format.Reader, n, _ int, d *format.Document) error { return f(r, n, d) })
}

// walkNumbered is walk that also gives f the number of the document's first image in the whole input, counted from 0.
func (c *command) walkNumbered(s *cli.Session, f func(r *format.Reader, n, first int, d *format.Document) error) (*format.Reader, error) {
	r, from, closeInput, err := c.open(s)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	if c.Verify {
		r.AlwaysDigest()
	}
	next := 0
	for n := 1; ; n++ {
		d, err := r.Header()
		if err == io.EOF {
			if c.Document >= n {
				return nil, fmt.Errorf("there is no document %d: the stream has %d", c.Document, n-1)
			}
			return r, nil
		}
		if err != nil {
			return nil, from.Explain(err)
		}
		first := next
		if t := d.Tensor(images.ImageTensor); d.Kind() == images.Kind && t != nil && len(t.Shape) > 0 {
			next += t.Shape[0]
		}
		if c.Document > 0 && n != c.Document {
			continue
		}
		if err := f(r, n, first, d); err != nil {
			return nil, err
		}
	}
}

// open opens the file or standard input.
func (c *command) open(s *cli.Session) (*format.Reader, cli.Source, func(), error) {
	if c.File == "" || c.File == "-" {
		r, from, err := s.Reader()
		return r, from, func() {}, err
	}
	f, from, err := cli.OpenFile(c.File)
	if err != nil {
		return nil, from, nil, err
	}
	// For its check that the file is not the output; text carries no provenance.
	if err := s.AddInput(c.File, [sha256.Size]byte{}); err != nil {
		return nil, from, nil, errors.Join(err, f.Close())
	}
	return format.NewReader(f, format.Limits{}), from, func() { f.Close() }, nil
}

// inDocument names the document in an error.
func inDocument(n int, d *format.Document, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("document %d (%s): %w", n, d.Kind(), err)
}

// output is where text goes.
type output struct{ *bufio.Writer }

// print gives f a buffered output and flushes it.
func (c *command) print(s *cli.Session, f func(out output) error) error {
	return c.write(s, func(w io.Writer) error {
		out := output{bufio.NewWriter(w)}
		if err := f(out); err != nil {
			if late := out.Flush(); !errors.Is(err, late) { // a writer that has failed says so again
				return errors.Join(err, late)
			}
			return err
		}
		return out.Flush()
	})
}

// write gives f the output. Its errors are mostly about the input, so they are
// not reported as the output's.
func (c *command) write(s *cli.Session, f func(w io.Writer) error) error {
	var failed error
	err := s.WriteFile(c.Output, func(w io.Writer) error {
		failed = f(w)
		return failed
	})
	if failed != nil {
		return failed
	}
	return err
}

// json writes a value on a line. JSON lets the control characters after ASCII
// stand as they are; a terminal would obey them.
func (o output) json(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	for _, r := range b.String() {
		var err error
		if r != '\n' && unicode.IsControl(r) {
			_, err = fmt.Fprintf(o, `\u%04x`, r)
		} else {
			_, err = o.WriteRune(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// word makes a stranger's name safe and unmistakable in a line of words.
func word(name string) string {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }
	if name == "" || strings.ContainsFunc(name, odd) || strings.HasPrefix(name, `"`) {
		return strconv.Quote(name)
	}
	return name
}

// clean makes a stranger's text safe to print on a line.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// shapeText is a shape as in FORMAT.md: [1,3,32,32].
func shapeText(shape []int) string {
	return strings.ReplaceAll(fmt.Sprint(shape), " ", ",")
}

// size is a number of bytes for people.
func size(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < 3 {
		v /= 1000
		unit++
	}
	return fmt.Sprintf("%.3g %s", v, [...]string{"kB", "MB", "GB", "TB"}[unit])
}
