// Package report is how tools that measure images say what they found: as a table, as JSON, as documents of a stream and
// as curves.
package report

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"herbarium/format"
	"herbarium/internal/errs"
	"herbarium/internal/jsontext"
)

// Flags say where the summary goes. At a terminal it is printed, and there is no stream.
type Flags struct {
	Table  bool   `prov:"-" help:"Print the summary as a table instead of the stream."`
	JSON   bool   `name:"json" prov:"-" help:"Print the summary as JSON instead of the stream."`
	Report string `placeholder:"FILE" prov:"-" help:"Write the summary to FILE as well: as JSON if it ends in .json, else as a table."`
}

// Check refuses flags that contradict each other.
func (f *Flags) Check() error {
	if f.Table && f.JSON {
		return errs.Usagef("--table and --json exclude each other")
	}
	return nil
}

// Printed says that the summary goes to the output, which is named so, instead of a stream. At a terminal it does, unless
// force asks for binary data even there.
func (f *Flags) Printed(output string, force bool) bool {
	atTerminal := (output == "" || output == "-") && !force && term.IsTerminal(int(os.Stdout.Fd()))
	return f.Table || f.JSON || atTerminal
}

// Files writes files whole or not at all; "" is standard output. A tool's is its session.
type Files interface {
	WriteFile(path string, write func(io.Writer) error) error
}

// Save writes the summaries of all nets to the file of --report, if there is one.
func Save[T any](files Files, f *Flags, all []T, table func(io.Writer, []T) error) error {
	if f.Report == "" {
		return nil
	}
	return write(files, f.Report, strings.HasSuffix(strings.ToLower(f.Report), ".json"), all, table)
}

// Print writes them to the output.
func Print[T any](files Files, f *Flags, output string, all []T, table func(io.Writer, []T) error) error {
	return write(files, output, f.JSON, all, table)
}

func write[T any](files Files, path string, asJSON bool, all []T, table func(io.Writer, []T) error) error {
	return files.WriteFile(path, func(w io.Writer) error {
		if !asJSON {
			return table(w, all)
		}
		for _, one := range all { // an object per net, each on a line
			text, err := jsontext.Marshal(one)
			if err == nil {
				_, err = fmt.Fprintf(w, "%s\n", text)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Document is a tool's summary as a document of kind report.
func Document(tool string, summary any) (*format.Document, error) {
	text, err := jsontext.Marshal(summary)
	if err != nil {
		return nil, err
	}
	return &format.Document{Meta: map[string]string{"kind": "report", "tool": tool},
		Tensors: []format.Tensor{format.Of("json", []int{len(text)}, text)}}, nil
}
