package cli

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A log gets a line after half a minute of work, not more often, and less often as the hours pass.
func TestLines(t *testing.T) {
	var said []string
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLines(func(layout string, args ...any) { said = append(said, fmt.Sprintf(layout, args...)) }, func() time.Time { return now }, 1000, "photos")
	l.Add(100) // of an earlier run: no measure of speed
	l.Suffix("epoch %d/9", 2)
	for range 90 {
		now = now.Add(time.Second)
		l.Add(1)
	}
	l.Done()
	want := []string{
		"130 of 1000 photos, 14m30s left, epoch 2/9",
		"160 of 1000 photos, 14m0s left, epoch 2/9",
		"190 of 1000 photos, 13m30s left, epoch 2/9",
	}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}

	said = nil
	l = newLines(l.say, l.now, -1, "documents")
	for range 24 * 3600 {
		now = now.Add(time.Second)
		l.Add(1)
	}
	if n := len(said); n < 50 || n > 200 || said[0] != "30 documents" {
		t.Errorf("a day gives %d lines, the first %q", n, said[0])
	}
}
