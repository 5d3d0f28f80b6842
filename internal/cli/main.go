package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"herbarium/internal/errs"
)

// Command is a tool: a pointer to a struct of flags that knows how to run.
type Command interface {
	// Run does the work. When it returns nil, what was written is finished
	// and named; when it returns an error, it is reported and nothing is left.
	Run(s *Session) error
}

// texter is a Command whose standard output is not always binary: Text says,
// after the flags were parsed, whether this run prints text (or nothing) there.
// Such output may go to a terminal, and no stream is begun or aborted on it.
type texter interface{ Text() bool }

// Main runs a tool as the program and exits: 0 done, 1 failed, 2 wrong usage.
//
// manual is what --help prints above the flags: what the tool does, and a real
// pipeline. It is either plain text, or Go source (embedded main.go), of which
// the package comment is taken, so that one text is both.
func Main(tool, manual string, cmd Command) {
	files := &temporaries{}
	files.watch()
	p := Process{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(p.run(tool, manual, cmd, files))
}

// Process is what a tool sees of the world. A test that gives its own can run
// a tool as a function. Readers and writers that are not an *os.File count as
// pipes.
type Process struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run runs a tool and returns its exit status. Unlike Main it catches no
// signals.
func (p Process) Run(tool, manual string, cmd Command) int {
	return p.run(tool, manual, cmd, &temporaries{})
}

func (p Process) run(tool, manual string, cmd Command, files *temporaries) int {
	s := newSession(tool, p, files)
	err := explain(s.execute(manual, cmd))
	if err == nil || errors.Is(err, errShown) {
		return exitDone
	}
	// In this order: a report to a terminal that has gone can kill the process,
	// and this tool's words should stand above those of the next in the pipe.
	s.messages.endBar()
	s.output.drop()
	s.sayHeld()
	report(p.Stderr, tool, err, s.flags.verbose())
	s.abort(err)
	return status(err)
}

// execute parses, runs and finishes. A panic is a bug, but it too must leave
// nothing half-made.
func (s *Session) execute(manual string, cmd Command) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			s.output.drop()
			fmt.Fprintf(s.process.Stderr, "%s\n", debug.Stack())
			err = fmt.Errorf("internal error: %v", bug)
		}
	}()
	if err := s.parse(manual, cmd); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	if err := cmd.Run(s); err != nil {
		return err
	}
	return s.finish()
}

// errShown says that help or the version was printed instead.
var errShown = errors.New("shown")

// common flags of every tool.
type common struct {
	Help    bool `name:"help" short:"h" prov:"-" help:"Show this help."`
	Version bool `name:"version" prov:"-" help:"Show the version."`
}

// parse fills cmd from the arguments.
func (s *Session) parse(manual string, cmd Command) error {
	s.flags = groupsOf(cmd)
	_, s.output.text = cmd.(texter) // a tool that may print text writes no stream that says it failed before its flags are parsed
	defaults := kong.Vars{}
	if d, ok := cmd.(interface{ Defaults() map[string]string }); ok {
		defaults = d.Defaults()
	}
	var shown common
	app, err := kong.New(cmd,
		kong.Name(s.tool),
		kong.Description(manualText(manual)),
		kong.Writers(io.Discard, io.Discard),
		kong.NoDefaultHelp(),
		kong.Embed(&shown),
		defaults,
		kong.ExplicitGroups([]kong.Group{{Key: "look", Title: "Looking:"}, {Key: "output", Title: "Output:"}, {Key: "compute", Title: "Computing:"}}),
		kong.ConfigureHelp(kong.HelpOptions{NoAppDescFormat: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return fmt.Errorf("internal error: %w", err)
	}
	s.example = firstExample(manualText(manual))
	s.usageLine = strings.TrimSpace(s.tool + " " + strings.TrimSpace(app.Model.Summary()))

	// --help and --version count wherever they stand, whatever else is wrong.
	flags := s.process.Args
	if i := slices.Index(flags, "--"); i >= 0 {
		flags = flags[:i]
	}
	switch {
	case slices.Contains(flags, "--help"), slices.Contains(flags, "-h"):
		return s.show(func(w io.Writer) error { return printHelp(app, w) })
	case slices.Contains(flags, "--version"):
		return s.show(func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s %s (herbarium)\n", s.tool, Version)
			return err
		})
	}

	if _, err := app.Parse(s.process.Args); err != nil {
		return s.wrongUsage(err)
	}
	if err := checkRanges(app.Model); err != nil {
		return err
	}
	if t, ok := cmd.(texter); ok {
		s.output.text = t.Text()
	}
	s.prov = newProvenance(s.tool, &s.flags, normalize(app.Model, s.process.Args))
	return nil
}

// wrongUsage makes err a usage error, with the usage line as its hint unless a
// flag's value has given its own.
func (s *Session) wrongUsage(err error) error {
	if errs.HintOf(err) != "" {
		return errs.Usage(err)
	}
	return errs.Hint(errs.Usage(err), "usage: %s; more: %s --help", s.usageLine, s.tool)
}

// show prints what was asked for and ends the run.
func (s *Session) show(print func(io.Writer) error) error {
	if err := s.output.print(print); err != nil {
		return err
	}
	if err := closeStdout(s.process.Stdout); err != nil {
		return err
	}
	return errShown
}

// printHelp prints the manual, then the flags by group.
func printHelp(app *kong.Kong, w io.Writer) error {
	app.Stdout = w
	ctx, err := kong.Trace(app, nil)
	if err != nil {
		return err
	}
	return ctx.PrintUsage(false)
}

// firstExample is the first command of a manual, which is indented.
func firstExample(manual string) string {
	for line := range strings.Lines(manual) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			return strings.TrimSpace(command)
		}
	}
	return ""
}

// manualText takes the package comment out of Go source, or leaves text alone.
func manualText(manual string) string {
	comment, _, isSource := strings.Cut(manual, "\npackage main")
	if !isSource {
		return strings.TrimSpace(manual)
	}
	lines := strings.Split(comment, "\n")
	for i, line := range lines {
		line = strings.TrimPrefix(line, "//")
		lines[i] = strings.TrimPrefix(line, " ")
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.Join(lines, "\n"), "\n\t", "\n    "))
}
