package dataset

import (
	"runtime"

	"herbarium/internal/images"
)

// Each loads the pictures named by order with several goroutines (0: one per CPU) and hands them to f one after the
// other in that order. At most twice as many pictures as workers are in memory. An error from f ends it; an error of
// a picture is f's to judge.
func Each(src Source, order []int, workers int, f func(images.Picture, error) error) error {
	return inOrder(order, workers, src.Load, f)
}

// inOrder calls work for each number of order on several goroutines, and f with the results in order.
func inOrder[T any](order []int, workers int, work func(int) (T, error), f func(T, error) error) error {
	type result struct {
		value T
		err   error
	}
	type job struct {
		index int
		done  chan result
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(min(workers, len(order)), 1)
	jobs := make(chan job)
	queue := make(chan chan result, workers) // in order; its capacity bounds what is ahead of f
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(jobs)
		defer close(queue)
		for _, i := range order {
			j := job{i, make(chan result, 1)}
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
				v, err := work(j.index)
				j.done <- result{v, err}
			}
		}()
	}
	for done := range queue {
		r := <-done
		if err := f(r.value, r.err); err != nil {
			return err
		}
	}
	return nil
}
