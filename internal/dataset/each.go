package dataset

import (
	"runtime"

	"herbarium/internal/images"
)

// loaded is what became of one picture.
type loaded struct {
	picture images.Picture
	err     error
}

// Each loads the pictures named by order with several goroutines (0: one per CPU) and hands them to f one after the
// other in that order. At most twice as many pictures as workers are in memory. An error from f ends it; an error of
// a picture is f's to judge.
func Each(src Source, order []int, workers int, f func(images.Picture, error) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(min(workers, len(order)), 1)
	type job struct {
		index int
		done  chan loaded
	}
	jobs := make(chan job)
	queue := make(chan chan loaded, workers) // in order; its capacity bounds what is ahead of f
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(jobs)
		defer close(queue)
		for _, i := range order {
			j := job{i, make(chan loaded, 1)}
			select {
			case queue <- j.done:
			case <-stop:
				return
			}
			select {
			case jobs <- j:
			case <-stop:
				return
			}
		}
	}()
	for range workers {
		go func() {
			for j := range jobs {
				p, err := src.Load(j.index)
				j.done <- loaded{p, err}
			}
		}()
	}
	for done := range queue {
		l := <-done
		if err := f(l.picture, l.err); err != nil {
			return err
		}
	}
	return nil
}
