package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"herbarium/format"
	"herbarium/internal/errs"
)

// output is all that a run writes: the stream, or what is printed in its place,
// and files beside it. Nothing of it takes its name before all of it is whole.
type output struct {
	flags       *groups
	text        bool // standard output is text in this run
	stdout      io.Writer
	temporaries *temporaries
	files       *inUse

	stream  *stream             // nil until the first document is written
	printed bool                // something else than a stream went to standard output
	staged  map[string]*pending // finished files, by path, named at the end
	order   []string            // the paths of staged, in the order they were made
}

// isStream tells whether this run writes a stream.
func (o *output) isStream() bool { return o.flags.io != nil && !o.text }

// claim checks that name can become an output, and is not an input.
func (o *output) claim(name string) error {
	info, err := checkTarget(name)
	if err != nil || info == nil {
		return err
	}
	return o.files.writes(name, info)
}

// openStream gives the stream, and creates it with the first byte that goes into it.
func (o *output) openStream() (*stream, error) {
	if o.stream != nil {
		return o.stream, nil
	}
	out := &stream{name: "standard output", stdout: o.stdout}
	target := out.stdout
	regular := false
	if o.flags.toFile() {
		p, err := o.temporaries.create(o.flags.file.Output)
		if err != nil {
			return nil, err
		}
		out.pending, out.stdout, out.name = p, nil, o.flags.file.Output
		target, regular = p, p.temporary != ""
	} else {
		if wasClosed(target) && !o.flags.force() {
			return nil, errClosed()
		}
		_, regular = isRegular(target)
	}
	level, err := o.flags.io.level(regular)
	if err != nil {
		return nil, err
	}
	out.w = format.NewWriter(target, format.WriterOptions{Level: level, Digest: regular})
	o.stream = out
	return out, nil
}

// WriteFile writes another output than the stream (a picture, a table) through
// f. The file takes its name when the whole run has succeeded; "" and "-" are
// standard output, written at once and unbuffered.
func (o *output) WriteFile(path string, f func(io.Writer) error) error {
	if path == "" || path == "-" {
		return o.print(f)
	}
	if err := o.claim(path); err != nil {
		return err
	}
	p, err := o.temporaries.create(path)
	if err != nil {
		return err
	}
	if previous := o.staged[p.path]; previous != nil {
		previous.drop()
	} else {
		o.order = append(o.order, p.path)
	}
	if o.staged == nil {
		o.staged = map[string]*pending{}
	}
	o.staged[p.path] = p
	w := bufio.NewWriterSize(p.File, 1<<16)
	if err := f(w); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return p.close()
}

// Save writes a file through f that takes its name at once, whole, and stays whatever becomes of the run: a checkpoint.
func (o *output) Save(path string, f func(io.Writer) error) error {
	p, err := o.temporaries.create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(p.File, 1<<20)
	err = f(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil && p.temporary != "" {
		err = p.File.Sync()
	}
	if err != nil {
		p.drop()
		return fmt.Errorf("%s: %w", path, err)
	}
	return p.commit()
}

// MakeDir makes a directory for WriteFile, and those above it. If the run fails
// they go again, unless something else is in them.
func (o *output) MakeDir(name string) error { return o.temporaries.makeDir(name) }

// print writes to standard output through f, unbuffered, and checks that it
// was accepted.
func (o *output) print(f func(io.Writer) error) error {
	if wasClosed(o.stdout) && !o.flags.force() {
		return errClosed()
	}
	o.printed = true
	if err := f(o.stdout); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// closeStdout closes standard output, where some systems report that what was
// written did not fit.
func closeStdout(w io.Writer) error {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// finish completes all outputs, the stream last: a reader that has seen its
// END may rely on the files beside it.
func (o *output) finish() error {
	if o.isStream() {
		if _, err := o.openStream(); err != nil {
			return err
		}
	}
	if o.stream != nil {
		if err := o.stream.end(); err != nil {
			return err
		}
	}
	if o.printed {
		if err := closeStdout(o.stdout); err != nil {
			return err
		}
	}
	for _, path := range o.order {
		if err := o.staged[path].commit(); err != nil {
			return err
		}
	}
	o.temporaries.keepDirs()
	if o.stream != nil {
		return o.stream.commit()
	}
	return nil
}

// drop removes all that is half-made.
func (o *output) drop() {
	for _, path := range o.order {
		o.staged[path].drop()
	}
	if o.stream != nil && o.stream.pending != nil {
		o.stream.pending.drop()
	}
	o.temporaries.removeDirs()
}

// abort ends the stream with a message, if a reader may be there. toFile says
// that -o was given, whatever it says. That this fails, too, changes nothing: a
// reader that cannot be told is gone.
func (o *output) abort(message string, toFile bool) {
	switch {
	case o.stream != nil && o.stream.pending == nil:
		_ = o.stream.w.Abort(message)
	case o.stream == nil && o.isStream() && !o.flags.toFile() && !toFile && isPipe(o.stdout):
		_ = format.NewWriter(o.stdout, format.WriterOptions{}).Abort(message)
	}
}

func errClosed() error {
	return errs.Hint(errors.New("standard output is closed"),
		"if it is /dev/null, opened for reading too, -f writes there; -o FILE writes a file")
}
