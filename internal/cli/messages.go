package cli

import (
	"fmt"
	"io"
	"sync/atomic"
)

// messages is what a run says on standard error: lines, and a bar below them.
type messages struct {
	tool   string
	stderr io.Writer
	flags  *groups
	bar    atomic.Pointer[terminalBar] // nil without one
}

// Warnf prints a warning, unless --quiet.
func (m *messages) Warnf(layout string, args ...any) {
	m.Infof("warning: %s", fmt.Sprintf(layout, args...))
}

// Infof prints a line about the work (a result, seconds), unless --quiet.
func (m *messages) Infof(layout string, args ...any) {
	if m.flags.quiet() {
		return
	}
	m.bar.Load().above(func() {
		fmt.Fprintf(m.stderr, "%s: %s\n", m.tool, oneLine(fmt.Sprintf(layout, args...)))
	})
}

// endBar removes the bar, if there is one.
func (m *messages) endBar() { m.bar.Load().Done() }
