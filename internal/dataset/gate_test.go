package dataset

import (
	"sync/atomic"
	"testing"
	"time"
)

// The gate never lets in more than its budget, lets in what is larger than it alone, and lets everyone in at last.
func TestGate(t *testing.T) {
	g := newGate(10)
	var inside, most atomic.Int64
	done := make(chan bool)
	sizes := []int64{1, 4, 9, 25, 3, 10, 6, 2, 7, 100}
	for _, n := range sizes {
		go func() {
			for range 50 {
				held := g.enter(n)
				now := inside.Add(held)
				for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				}
				inside.Add(-held)
				g.leave(held)
			}
			done <- true
		}()
	}
	for range sizes {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("someone waits for ever")
		}
	}
	if m := most.Load(); m > 10 {
		t.Errorf("%d inside, budget 10", m)
	}
	if g.left != 10 {
		t.Errorf("%d free at the end, want 10", g.left)
	}
}
