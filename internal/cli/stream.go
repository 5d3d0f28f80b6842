package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"herbarium/format"
	"herbarium/internal/errs"
)

// stream is the stream a tool writes: to standard output, or to a pending file.
type stream struct {
	w       *format.Writer
	name    string
	stdout  io.Writer // nil if it goes to a file
	pending *pending  // nil if it goes to standard output
}

// Write writes a document to the tool's output; when it returns, a reader
// downstream can see the whole of it. The provenance goes into the metadata of
// the first document, and of a later one if more of it has become known since.
func (s *Session) Write(d *format.Document) error {
	if s.io == nil {
		return errors.New("internal error: the tool has no stream to write to")
	}
	if err := s.openStream(); err != nil {
		return err
	}
	if err := s.prov.learn(d, nil); err != nil {
		return err
	}
	chain := s.prov.pendingChain()
	if chain != "" {
		meta := maps.Clone(d.Meta)
		if meta == nil {
			meta = map[string]string{}
		}
		meta[provKey] = chain
		d = &format.Document{Meta: meta, Tensors: d.Tensors}
	}
	if err := s.stream.w.Write(d); err != nil {
		err = fmt.Errorf("%s: %w", s.stream.name, err)
		if len(chain) > longChain {
			err = errs.Hint(err, "the record of the commands takes %d bytes of it; --no-prov leaves it out", len(chain))
		}
		return err
	}
	return nil
}

// longChain is so much provenance that it is what makes a header too long, as
// of a thousand streams that were laid end to end.
const longChain = 512 << 10

// openStream creates the output with the first byte that goes into it.
func (s *Session) openStream() error {
	if s.stream != nil {
		return nil
	}
	out := &stream{name: "standard output", stdout: s.process.Stdout}
	target := out.stdout
	regular := false
	if s.toFile() {
		p, err := s.files.create(s.file.Output)
		if err != nil {
			return err
		}
		out.pending, out.stdout, out.name = p, nil, s.file.Output
		target, regular = p, p.temporary != ""
	} else {
		if wasClosed(target) && !s.io.Force {
			return errClosed()
		}
		_, regular = isRegular(target)
	}
	level, err := s.io.level(regular)
	if err != nil {
		return err
	}
	out.w = format.NewWriter(target, format.WriterOptions{Level: level, Digest: regular})
	s.stream = out
	return nil
}

// end completes the stream and checks that all of it was accepted.
func (o *stream) end() error {
	if err := o.w.Close(); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	if o.pending != nil {
		return o.pending.close()
	}
	return closeStdout(o.stdout)
}

// commit gives a file its name.
func (o *stream) commit() error {
	if o.pending == nil {
		return nil
	}
	return o.pending.commit()
}

// WriteFile writes another output than the stream (a picture, a table) through
// f. The file takes its name when the whole run has succeeded; "" and "-" are
// standard output, written at once and unbuffered.
func (s *Session) WriteFile(path string, f func(io.Writer) error) error {
	if path == "" || path == "-" {
		return s.print(f)
	}
	if err := s.claim(path); err != nil {
		return err
	}
	p, err := s.files.create(path)
	if err != nil {
		return err
	}
	if previous := s.staged[p.path]; previous != nil {
		previous.drop()
	} else {
		s.order = append(s.order, p.path)
	}
	if s.staged == nil {
		s.staged = map[string]*pending{}
	}
	s.staged[p.path] = p
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
func (s *Session) Save(path string, f func(io.Writer) error) error {
	p, err := s.files.create(path)
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
func (s *Session) MakeDir(name string) error { return s.files.makeDir(name) }

// print writes to standard output through f, unbuffered, and checks that it
// was accepted.
func (s *Session) print(f func(io.Writer) error) error {
	if wasClosed(s.process.Stdout) && (s.file == nil || !s.file.Force) {
		return errClosed()
	}
	s.printed = true
	if err := f(s.process.Stdout); err != nil {
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

func errClosed() error {
	return errs.Hint(errors.New("standard output is closed"),
		"if it is /dev/null, opened for reading too, -f writes there; -o FILE writes a file")
}
