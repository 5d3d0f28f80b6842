package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"

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
	return s.write(d, (*format.Writer).Write)
}

// pass writes a document whose body r has still to read.
func (s *Session) pass(r *format.Reader, d *format.Document) error {
	return s.write(d, func(w *format.Writer, written *format.Document) error {
		d.Meta = written.Meta
		return w.Pass(r, d)
	})
}

func (s *Session) write(d *format.Document, to func(*format.Writer, *format.Document) error) error {
	if s.flags.io == nil {
		return errors.New("internal error: the tool has no stream to write to")
	}
	out, err := s.output.openStream()
	if err != nil {
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
	if err := to(out.w, d); err != nil {
		err = fmt.Errorf("%s: %w", out.name, err)
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
