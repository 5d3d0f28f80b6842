package dataset

import (
	"runtime"
	"sync"
)

// decodeBudget is how many bytes of decoded photos may be in memory at once, over all workers. Small photos never
// feel it; a folder of 100-megapixel ones is decoded one or two at a time.
const decodeBudget = 512 << 20

// gate lets goroutines in as long as what they hold together stays within a budget.
type gate struct {
	mu   sync.Mutex
	free sync.Cond
	left int64
	all  int64
}

func newGate(budget int64) *gate {
	g := &gate{left: budget, all: budget}
	g.free.L = &g.mu
	return g
}

// enter waits until n bytes are free, or all are if n is more than that, and returns what leave must give back.
func (g *gate) enter(n int64) int64 {
	n = min(n, g.all)
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.left < n {
		g.free.Wait()
	}
	g.left -= n
	return n
}

// leave gives back what enter took. What was large must be gone before the next one comes, not when the garbage
// collector would have looked for it.
func (g *gate) leave(n int64) {
	if n >= g.all/8 {
		runtime.GC()
	}
	g.mu.Lock()
	g.left += n
	g.mu.Unlock()
	g.free.Broadcast()
}
