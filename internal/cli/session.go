package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"herbarium/internal/errs"
)

// Session is one run of a tool. Its methods are for one goroutine, except
// AddInput, Warnf and Infof.
type Session struct {
	tool      string
	usageLine string
	example   string // the first of the manual, or ""
	process   Process
	flags     groups         // the shared flags that the tool has
	seen      map[string]int // documents of standard input, by kind
	files     inUse          // the regular files that are read and written
	prov      *provenance    // how the result was made, which goes into it; nil until the flags are parsed
	output                   // the stream, and files beside it
	messages                 // lines and a bar on standard error
}

func newSession(tool string, p Process, all *temporaries) *Session {
	s := &Session{tool: tool, process: p, seen: map[string]int{}}
	s.output = output{flags: &s.flags, stdout: p.Stdout, temporaries: all, files: &s.files}
	s.messages.tool, s.messages.stderr, s.messages.flags = tool, p.Stderr, &s.flags
	return s
}

// start refuses what cannot end well before any work is done.
func (s *Session) start() error {
	if s.flags.file == nil {
		return nil
	}
	if info, ok := isRegular(s.process.Stdin); ok {
		if err := s.files.reads("standard input", info); err != nil {
			return err
		}
	}
	if s.flags.toFile() {
		return s.output.claim(s.flags.file.Output)
	}
	if info, ok := isRegular(s.process.Stdout); ok {
		return s.files.writes("standard output", info)
	}
	if !s.output.text && !s.flags.force() && isTerminal(s.process.Stdout) {
		if s.lacksNet() {
			return s.missing("no net and no output: --net FILE or a pipe brings a net, -o FILE or a pipe takes the result")
		}
		err := "binary output to a terminal is refused without -f; -o FILE writes a file"
		if isTerminal(s.process.Stdin) {
			return s.missing(err)
		}
		return s.wrongUsage(errors.New(err))
	}
	return nil
}

// lacksNet tells whether a tool that needs a net has no way to get one.
func (s *Session) lacksNet() bool {
	return s.flags.net != nil && s.flags.net.NetFile == "" && isTerminal(s.process.Stdin)
}

// missing is the error of a call without something that the tool cannot do without.
func (s *Session) missing(text string) error {
	if s.example == "" {
		return s.wrongUsage(errors.New(text))
	}
	return errs.Hint(errs.Usagef("%s", text), "for example: %s; more: %s --help", s.example, s.tool)
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
	if s.flags.processor == nil {
		return 1
	}
	return s.flags.processor.threads()
}

// Batch is --batch, or else the tool's own choice. What it returns goes into
// the provenance: results agree across batch sizes only up to rounding.
func (s *Session) Batch(choice int) int {
	if s.flags.compute != nil && s.flags.compute.Batch > 0 {
		choice = s.flags.compute.Batch
	}
	s.Record("batch", fmt.Sprint(choice))
	return choice
}

// Record puts the value that a flag took effect with into the provenance, in
// place of what was given: the device that auto became. Call it before the
// first Write.
func (s *Session) Record(flag, value string) { s.prov.record(flag, value) }

// RecordEngine puts the libraries that compute into the provenance, with their versions: results round as they do. Call it
// before the first Write.
func (s *Session) RecordEngine(name string) { s.prov.recordEngine(name) }

// Settings are the flags that decide the result, as "--NAME", with the values that they took effect with. Those that
// have their default are not in it, unless Record or Batch named them.
func (s *Session) Settings() map[string]string { return s.prov.settings() }

// finish completes all outputs.
func (s *Session) finish() error {
	s.endBar()
	s.sayHeld()
	return s.output.finish()
}

// abort tells the next stage of the pipe why it gets no result, even if it got
// nothing yet. After a usage error the flags have no values yet: -o is looked
// for among the raw arguments.
func (s *Session) abort(err error) {
	file := slices.ContainsFunc(s.process.Args, func(arg string) bool {
		return strings.HasPrefix(arg, "-o") || strings.HasPrefix(arg, "--output")
	})
	s.output.abort(abortMessage(s.tool, err), file)
}
