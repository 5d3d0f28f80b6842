package torch

import (
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// ahead is how many chunks may be begun beyond one for each worker before the first of them is done.
const ahead = 2

// Each computes chunks 0 to n-1, which do not depend on each other, and hands their results to done in this order, on the
// calling goroutine. Up to workers of them are computed side by side, each on a thread of its own with an equal share of the
// caller's threads: where operations are small, threads that meet once a chunk do more than threads that meet at every
// operation. A single worker is the caller itself, with all of its threads. A result depends on how many threads an
// operation may use, and on nothing else of this.
//
// The first error in the order of the chunks ends the work and is returned; the chunks before it are done. A panic goes on
// in the caller. compute may read tensors that the caller owns, makes its own in scopes of its own, and returns none.
func Each[T any](workers, n int, compute func(chunk int) (T, error), done func(chunk int, result T) error) error {
	threads := Threads()
	workers = min(workers, threads, n)
	if workers > 1 {
		return sideBySide(workers, threads, n, compute, done)
	}
	for chunk := range n {
		result, err := compute(chunk)
		if err == nil {
			err = done(chunk, result)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// crew are the workers of a thread. They stay from one use to the next, with what libtorch prepares for a thread.
type crew struct {
	jobs chan func()
	size int
}

// start has so many workers do a job, each once.
func (c *crew) start(workers int, job func()) *sync.WaitGroup {
	if c.jobs == nil {
		c.jobs = make(chan func())
	}
	for ; c.size < workers; c.size++ {
		go func(jobs chan func()) {
			Open(1)
			defer Close()
			for job := range jobs {
				job()
			}
		}(c.jobs)
	}
	running := &sync.WaitGroup{}
	for range workers {
		running.Add(1)
		c.jobs <- func() {
			defer running.Done()
			job()
		}
	}
	return running
}

// disband ends the workers.
func (c *crew) disband() {
	if c.jobs != nil {
		close(c.jobs)
	}
}

// outcome is what has become of a chunk.
type outcome[T any] struct {
	chunk    int
	result   T
	err      error
	panicked any
}

func sideBySide[T any](workers, threads, n int, compute func(int) (T, error), done func(int, T) error) error {
	c, err := ours()
	if err != nil {
		return err
	}
	most := min(workers+ahead, n)
	begun, ended := make(chan int, most), make(chan outcome[T], most) // neither is ever full
	var failed atomic.Int64                                           // the first chunk known to have failed: later ones are not computed
	failed.Store(math.MaxInt64)
	running := c.start(workers, func() {
		SetThreads(threads / workers)
		for chunk := range begun {
			if int64(chunk) > failed.Load() {
				continue
			}
			o := attempt(chunk, compute)
			if o.err != nil || o.panicked != nil {
				lower(&failed, int64(chunk))
			}
			ended <- o
		}
	})
	defer func() {
		failed.Store(-1)
		close(begun)
		running.Wait()
	}()
	for chunk := range most {
		begun <- chunk
	}
	early := map[int]outcome[T]{}
	for chunk := range n {
		o, ok := early[chunk]
		for ; !ok; o, ok = early[chunk] {
			o = <-ended
			early[o.chunk] = o
		}
		delete(early, chunk)
		if o.panicked != nil {
			panic(o.panicked)
		}
		if o.err != nil {
			return o.err
		}
		if err := done(chunk, o.result); err != nil {
			return err
		}
		if next := chunk + most; next < n {
			begun <- next
		}
	}
	return nil
}

// attempt computes a chunk and catches its panic, with the stack that would be lost.
func attempt[T any](chunk int, compute func(int) (T, error)) (o outcome[T]) {
	o.chunk = chunk
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error: // of an operation, which the caller's Do knows
			o.panicked = p
		default:
			o.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
		}
	}()
	o.result, o.err = compute(chunk)
	return o
}

// lower makes v the value if it is less.
func lower(value *atomic.Int64, v int64) {
	for old := value.Load(); v < old && !value.CompareAndSwap(old, v); old = value.Load() {
	}
}
