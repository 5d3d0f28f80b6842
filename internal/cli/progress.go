package cli

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"herbarium/internal/progress"
)

const (
	progressDelay = 500 * time.Millisecond // what is done sooner needs no bar
	progressPause = 100 * time.Millisecond // between two drawings
	barWidth      = 20
	statsWidth    = 60 // of percentage, bar, count, rate and times
)

// terminalBar is a progress.Bar on standard error: how much is done, how fast,
// what is left and a free text.
type terminalBar struct {
	mu      sync.Mutex
	bar     *progressbar.ProgressBar
	stderr  *os.File
	started time.Time
	held    int // done before the bar was shown
	shown   bool
	screen  *os.File // holds the lock that allows drawing
	suffix  string
	done    bool
}

// Progress is the session's progress.Start: a bar on standard error if that is
// a terminal, else a line now and then.
func (m *messages) Progress(total int, what string) progress.Bar {
	m.endBar()
	if m.flags.quiet() {
		return progress.None(total, what)
	}
	stderr, ok := m.stderr.(*os.File)
	if !ok || !isTerminal(stderr) {
		return newLines(m.Infof, time.Now, total, what)
	}
	p := &terminalBar{stderr: stderr, started: time.Now()}
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(curtain{p}),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString(what),
		progressbar.OptionThrottle(progressPause),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(false),
	)
	m.bar.Store(p)
	return p
}

// Add counts n more steps as done.
func (p *terminalBar) Add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		_ = p.bar.Add(n) // a bar that cannot be drawn is no reason to stop
	}
}

// Suffix sets the text after the bar: loss, accuracy. It shows with the next Add.
func (p *terminalBar) Suffix(layout string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := []rune(oneLine(fmt.Sprintf(layout, args...)))
	if width, _, err := term.GetSize(int(p.stderr.Fd())); err == nil && len(text) > max(0, width-statsWidth) {
		text = text[:max(0, width-statsWidth)]
	}
	if p.suffix != string(text) {
		p.suffix = string(text)
		if !p.done {
			p.bar.Describe(p.suffix)
		}
	}
}

// Done removes the bar, if there is one.
func (p *terminalBar) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	if p.shown {
		_ = p.bar.Clear()
		p.screen.Close() // nil is fine
		p.shown = false
	}
}

// above prints something in the place of the bar, which moves down.
func (p *terminalBar) above(print func()) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.shown {
			_ = p.bar.Clear()
		}
	}
	print()
}

// curtain is what the bar draws on: the terminal, as soon as this process may.
// The lock of its bar is held.
type curtain struct{ p *terminalBar }

func (c curtain) Write(drawing []byte) (int, error) {
	if c.p.shown || time.Since(c.p.started) > progressDelay && c.p.own() {
		return c.p.stderr.Write(drawing)
	}
	return len(drawing), nil
}

// own asks to draw. In a pipe, several tools share one line of the terminal:
// the first to work for long has it until its bar is done. The lock is on the
// terminal's device file and goes with the process.
func (p *terminalBar) own() bool {
	screen, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", p.stderr.Fd()), os.O_WRONLY|unix.O_NOCTTY, 0)
	if err == nil && unix.Flock(int(screen.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		screen.Close()
		return false
	}
	p.screen, p.shown = screen, true
	return true
}
