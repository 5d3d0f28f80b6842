package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"herbarium/format"
	"herbarium/internal/errs"
)

// SkipRest is returned by a handler that needs no further documents (-n):
// reading stops, and that is no error.
var SkipRest = errors.New("skip the rest")

// Handlers says what a tool does with a document, by kind.
type Handlers = map[string]func(*format.Document) error

// Reader reads standard input, for tools that need more than Each: peek lists
// documents without decoding their bodies. A terminal as input is refused.
func (s *Session) Reader() (*format.Reader, Source, error) {
	if isTerminal(s.process.Stdin) {
		if s.lacksNet() {
			return nil, Source{}, s.missing("no net: --net FILE names one, or a pipe brings it")
		}
		return nil, Source{}, s.missing("standard input is a terminal: nothing to read")
	}
	_, file := isRegular(s.process.Stdin)
	return format.NewReader(s.process.Stdin, format.Limits{}), Source{File: file}, nil
}

// Each reads standard input to its END. Documents of a kind in handle go
// there; others are passed on unchanged, unless the tool writes no stream. The
// handler owns its document. Errors name the document: `document 3 (images): ...`.
func (s *Session) Each(handle Handlers) error {
	r, from, err := s.Reader()
	if err != nil {
		return err
	}
	return s.each(r, from, nil, handle, func(d *format.Document) error {
		if !s.output.isStream() {
			return r.Body(d) // which verifies it
		}
		return s.pass(r, d)
	})
}

// EachFile is [Session.Each] for tools whose input may be named: it reads the files one after the other, "-" being standard
// input, which is read where none is named.
func (s *Session) EachFile(paths []string, handle Handlers) error {
	if len(paths) == 0 {
		return s.Each(handle)
	}
	for _, path := range paths {
		read := func() error { return s.ReadFile(path, handle) }
		if path == "-" {
			read = func() error { return s.Each(handle) }
		}
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// ReadFile reads the stream in a named input to its END, once and from start to
// end, so that `<(command)` works. Kinds without a handler are skipped. The
// digest of the payload, and what made it, go into the provenance.
func (s *Session) ReadFile(path string, handle Handlers) error {
	f, from, err := OpenFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := s.files.reads(path, info); err != nil {
		return err
	}
	source := &input{name: path, keepName: from.File}
	r := format.NewReader(f, format.Limits{})
	r.AlwaysDigest()
	err = s.each(r, from, source, handle, r.Body) // for the digest
	if err != nil {
		return err
	}
	digest, _ := r.Digest()
	source.digest = fmt.Sprintf("%x", digest)
	s.prov.add(source)
	return nil
}

// each is the read loop. source is nil for standard input. Handlers get whole documents, other those of other kinds before
// their body is read.
func (s *Session) each(r *format.Reader, from Source, source *input, handle Handlers, other func(*format.Document) error) error {
	prefix := ""
	if from.Name != "" {
		prefix = from.Name + ": "
	}
	for n := 1; ; n++ {
		d, err := r.Header()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return from.Explain(err)
		}
		f := handle[d.Kind()]
		if f == nil {
			f = other
		} else if err := r.Body(d); err != nil {
			return from.Explain(err)
		}
		if source == nil {
			s.seen[d.Kind()]++
		}
		if err := s.prov.learn(d, source); err != nil {
			return fmt.Errorf("%sdocument %d (%s): %w", prefix, n, d.Kind(), err)
		}
		if err := f(d); errors.Is(err, SkipRest) {
			return nil
		} else if r.Err() != nil {
			return from.Explain(r.Err())
		} else if err != nil {
			return fmt.Errorf("%sdocument %d (%s): %w", prefix, n, d.Kind(), err)
		}
	}
}

func prefixed(prefix string, err error) error {
	if prefix == "" || err == nil {
		return err
	}
	return fmt.Errorf("%s%w", prefix, err)
}

// AddInput puts what a tool has read from a named file or directory into the
// provenance: the name as the user gave it, and a SHA-256 of the content (for a
// directory, of its relative names and contents in a fixed order). Call it
// before the first Write. It refuses a file that is also the output. The name
// "-" stands for standard input.
func (s *Session) AddInput(name string, digest [sha256.Size]byte) error {
	if name == "-" {
		s.prov.add(&input{name: name, digest: fmt.Sprintf("%x", digest)})
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if err := s.files.reads(name, info); err != nil {
		return err
	}
	keep := info.Mode().IsRegular() || info.IsDir()
	s.prov.add(&input{name: name, keepName: keep, digest: fmt.Sprintf("%x", digest)})
	return nil
}

// EachWithNet is Each for tools that need a net and something to run it on. use
// is given each net before the documents that it applies to: the net in --net
// FILE alone, or else every net that comes on standard input, where the last
// one applies to what follows. Nets from standard input are passed on. A
// document for a handler that comes before any net is an error.
func (s *Session) EachWithNet(net Net, use func(*format.Document) error, handle Handlers) error {
	have := false
	if net.NetFile != "" {
		if err := s.readNet(net.NetFile, use); err != nil {
			return err
		}
		have = true
	}
	all := maps.Clone(handle)
	for kind, f := range handle {
		all[kind] = func(d *format.Document) error {
			if !have {
				return errs.Hint(errors.New("no net came before it"),
					"give --net FILE, or put the net first: cat net.st.zst photos.st.zst | %s", s.tool)
			}
			return f(d)
		}
	}
	if net.NetFile == "" {
		all["net"] = func(d *format.Document) error {
			have = true
			return s.passThenUse(d, use)
		}
	}
	return s.Each(all)
}

// Nets is for tools that need nothing but a net: use is given the net in --net
// FILE, and standard input is not touched; without --net it is given every net
// on standard input, which is passed on before. No net at all is an error.
func (s *Session) Nets(net Net, use func(*format.Document) error) error {
	if net.NetFile != "" {
		return s.readNet(net.NetFile, use)
	}
	err := s.Each(Handlers{"net": func(d *format.Document) error { return s.passThenUse(d, use) }})
	if err != nil {
		return err
	}
	return s.Require(s.seen["net"], "net")
}

func (s *Session) passThenUse(d *format.Document, use func(*format.Document) error) error {
	if s.output.isStream() {
		if err := s.Write(d); err != nil {
			return err
		}
	}
	return use(d)
}

// ReadNet reads the one net in a named input by parse, graph.FromDocument or
// another. No net, or more than one, is an error.
func ReadNet[T any](s *Session, path string, parse func(*format.Document) (T, error)) (net T, err error) {
	err = s.readNet(path, func(d *format.Document) (err error) {
		net, err = parse(d)
		return err
	})
	return net, err
}

// readNet gives use the one net in a file, after all of the file was read: the
// file's digest is then in the provenance of whatever use writes.
func (s *Session) readNet(path string, use func(*format.Document) error) error {
	var nets []*format.Document
	plain := false
	err := s.ReadFile(path, Handlers{"net": func(d *format.Document) error {
		nets = append(nets, d)
		return nil
	}, "": func(*format.Document) error {
		plain = true
		return nil
	}})
	switch {
	case err != nil:
		return err
	case len(nets) == 0 && plain:
		return errs.Hint(fmt.Errorf("%s holds tensors, but no net", path), "%s", adoptFirst(path))
	case len(nets) == 0:
		return errs.Hint(fmt.Errorf("%s holds no net", path), "peek %s shows what it holds", quote(path))
	case len(nets) > 1:
		return fmt.Errorf("%s holds %d nets; give a file with one", path, len(nets))
	}
	return prefixed(path+": ", use(nets[0]))
}
