package cli

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"herbarium/format"
	"herbarium/internal/errs"
)

// Session is one run of a tool: its input, its output, what it has seen. Its
// methods are for one goroutine, except AddInput and Warnf.
type Session struct {
	tool      string
	usageLine string
	process   Process
	files     *temporaries

	file      *File      // nil in a tool without outputs
	io        *IO        // nil unless the tool writes a stream
	random    *Random    // nil without random numbers
	processor *Processor // nil without torch
	compute   *Compute   // nil if no net runs on images
	text      bool       // standard output is text in this run

	stream   *stream             // nil until the first document is written
	staged   map[string]*pending // finished other outputs, by path, named at the end
	printed  bool                // something else than a stream went to standard output
	order    []string            // the paths of staged, in the order they were made
	inputs   []openInput
	outputs  []openInput
	seen     map[string]int // documents of standard input, by kind
	prov     *provenance
	progress atomic.Pointer[terminalBar]
}

// openInput is a regular file in use.
type openInput struct {
	name string
	info fs.FileInfo
}

// start refuses what cannot end well before any work is done.
func (s *Session) start() error {
	if s.file == nil {
		return nil
	}
	if info, ok := isRegular(s.process.Stdin); ok {
		s.inputs = append(s.inputs, openInput{"standard input", info})
	}
	if s.toFile() {
		return s.claim(s.file.Output)
	}
	if info, ok := isRegular(s.process.Stdout); ok {
		return s.addOutput(openInput{"standard output", info})
	}
	if !s.text && !s.file.Force && isTerminal(s.process.Stdout) {
		return s.wrongUsage(fmt.Errorf("binary output to a terminal is refused without -f; -o FILE writes a file"))
	}
	return nil
}

// toFile tells whether -o names a file.
func (s *Session) toFile() bool {
	return s.file != nil && s.file.Output != "" && s.file.Output != "-"
}

// claim checks that name can become an output, and is not an input.
func (s *Session) claim(name string) error {
	info, err := checkTarget(name)
	if err != nil || info == nil {
		return err
	}
	return s.addOutput(openInput{name, info})
}

func (s *Session) addOutput(out openInput) error {
	s.outputs = append(s.outputs, out)
	for _, in := range s.inputs {
		if os.SameFile(in.info, out.info) {
			return overwrites(in.name, out.name)
		}
	}
	return nil
}

// addInputFile refuses an input that is also an output.
func (s *Session) addInputFile(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return nil
	}
	s.inputs = append(s.inputs, openInput{name, info})
	for _, out := range s.outputs {
		if os.SameFile(info, out.info) {
			return overwrites(name, out.name)
		}
	}
	return nil
}

func overwrites(in, out string) error {
	return errs.Hint(fmt.Errorf("%s and %s are the same file", in, out), "write to another file, then rename it")
}

// Require is the error of a tool that found nothing to work on: zero items
// processed is a failure. what names the items ("images").
func (s *Session) Require(items int, what string) error {
	if items > 0 {
		return nil
	}
	err := fmt.Errorf("no %s in the input", what)
	if len(s.seen) == 0 {
		return err
	}
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(s.seen)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", s.seen[kind], kind))
	}
	return errs.Hint(err, "the documents that came: %s", strings.Join(kinds, ", "))
}

// Threads is how many CPU threads to use: --threads, else $OMP_NUM_THREADS,
// else the cores this process may use.
func (s *Session) Threads() int {
	if s.processor == nil {
		return 1
	}
	return s.processor.threads()
}

// Batch is --batch, or else the tool's own choice. What it returns goes into
// the provenance: results agree across batch sizes only up to rounding.
func (s *Session) Batch(choice int) int {
	if s.compute != nil && s.compute.Batch > 0 {
		choice = s.compute.Batch
	}
	s.Record("batch", fmt.Sprint(choice))
	return choice
}

// Record puts the value that a flag took effect with into the provenance, in
// place of what was given: the device that auto became. Call it before the
// first Write.
func (s *Session) Record(flag, value string) { s.prov.record(flag, value) }

// Settings are the flags that decide the result, as "--NAME", with the values that they took effect with. Those that
// have their default are not in it, unless Record or Batch named them.
func (s *Session) Settings() map[string]string { return s.prov.settings() }

// Warnf prints a warning, unless --quiet.
func (s *Session) Warnf(layout string, args ...any) {
	if s.file != nil && s.file.Quiet {
		return
	}
	s.message("warning: " + fmt.Sprintf(layout, args...))
}

// Infof prints a line about the work (a result, seconds), unless --quiet.
func (s *Session) Infof(layout string, args ...any) {
	if s.file != nil && s.file.Quiet {
		return
	}
	s.message(fmt.Sprintf(layout, args...))
}

func (s *Session) message(text string) {
	s.progress.Load().above(func() {
		fmt.Fprintf(s.process.Stderr, "%s: %s\n", s.tool, oneLine(text))
	})
}

// finish completes all outputs, the stream last: a reader that has seen its
// END may rely on the files beside it.
func (s *Session) finish() error {
	s.progress.Load().Done()
	if s.io != nil && !s.text {
		if err := s.openStream(); err != nil {
			return err
		}
	}
	if s.stream != nil {
		if err := s.stream.end(); err != nil {
			return err
		}
	}
	if s.printed {
		if err := closeStdout(s.process.Stdout); err != nil {
			return err
		}
	}
	for _, path := range s.order {
		if err := s.staged[path].commit(); err != nil {
			return err
		}
	}
	s.files.keepDirs()
	if s.stream != nil {
		return s.stream.commit()
	}
	return nil
}

// dropFiles removes all that is half-made.
func (s *Session) dropFiles() {
	for _, path := range s.order {
		s.staged[path].drop()
	}
	if s.stream != nil && s.stream.pending != nil {
		s.stream.pending.drop()
	}
	s.files.removeDirs()
}

// abort tells the next stage of the pipe why it gets no result, even if it got
// nothing yet. That this fails, too, changes nothing: a reader that cannot be
// told is gone.
func (s *Session) abort(err error) {
	message := abortMessage(s.tool, err)
	switch {
	case s.stream != nil && s.stream.pending == nil:
		_ = s.stream.w.Abort(message)
	case s.stream == nil && s.io != nil && !s.text && !s.toFile() && !s.givesOutput() && isPipe(s.process.Stdout):
		_ = format.NewWriter(s.process.Stdout, format.WriterOptions{}).Abort(message)
	}
}

// givesOutput looks for -o among the raw arguments: after a usage error the
// flags have no values yet.
func (s *Session) givesOutput() bool {
	return slices.ContainsFunc(s.process.Args, func(arg string) bool {
		return strings.HasPrefix(arg, "-o") || strings.HasPrefix(arg, "--output")
	})
}
