package cli

import (
	"fmt"
	"sync"
	"time"
)

// firstLine is how long a piece of work runs before it prints a line, and the least time between two.
const firstLine = 30 * time.Second

// lines is a progress.Bar where standard error is no terminal, a log: a line now and then, the seldomer the longer the
// work has run.
type lines struct {
	say   func(layout string, args ...any)
	now   func() time.Time
	total int // -1: nobody knows
	what  string

	mu      sync.Mutex
	started time.Time // with the first step, which may be work of an earlier run
	first   int       // what it counted
	said    time.Time
	n       int
	suffix  string
}

func newLines(say func(string, ...any), now func() time.Time, total int, what string) *lines {
	return &lines{say: say, now: now, total: total, what: what, said: now()}
}

func (l *lines) Add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.n += n
	if l.started.IsZero() {
		l.started, l.first = now, l.n
	}
	ran := now.Sub(l.started)
	if now.Sub(l.said) < max(firstLine, ran/20) {
		return
	}
	l.said = now
	text := fmt.Sprintf("%d %s", l.n, l.what)
	if l.total >= 0 {
		text = fmt.Sprintf("%d of %d %s", l.n, l.total, l.what)
	}
	if done := l.n - l.first; l.total > l.n && done > 0 {
		left := time.Duration(float64(ran) * float64(l.total-l.n) / float64(done))
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	if l.suffix != "" {
		text += ", " + l.suffix
	}
	l.say("%s", text)
}

func (l *lines) Suffix(layout string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suffix = fmt.Sprintf(layout, args...)
}

func (l *lines) Done() {}
