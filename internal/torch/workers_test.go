package torch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"herbarium/internal/torch"
	"herbarium/internal/torchtest"
)

// eachOf runs f with as many threads, and workers of one thread each, as the numbers say.
func eachOf(t *testing.T, f func(t *testing.T, workers int), numbers ...int) {
	for _, n := range numbers {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			torchtest.Pin(t)
			torchtest.SetThreads(t, n)
			f(t, n)
		})
	}
}

// convolved is what a convolution and its gradient give for picture k.
func convolved(k int) (out []float32, err error) {
	err = torch.Do(func(s *torch.Scope) error {
		values := func(n int) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = float32((i*(k+3))%17) - 8
			}
			return v
		}
		x := torch.From(s, []int{2, 3, 9, 9}, values(2*3*9*9))
		w := torch.From(s, []int{4, 3, 3, 3}, values(4*3*3*3))
		s.RequireGrad(x)
		return s.Recording(func() error {
			y := s.Conv2d(x, w, torch.None, torch.Conv{Stride: [2]int{1, 1}})
			g := s.Gradients(s.Sum(s.Mul(y, y)), x)[0]
			out = append(torch.Read[float32](s, s.Detach(y)), torch.Read[float32](s, s.Contiguous(g))...)
			return nil
		})
	})
	return out, err
}

// Results come in the order of the chunks, are those that one thread computes, and no more than a few are waiting.
func TestEachIsWhatOneWorkerComputes(t *testing.T) {
	const n = 40
	eachOf(t, func(t *testing.T, workers int) {
		var begun, finished atomic.Int64
		var got [][]float32
		err := torch.Each(workers, n, func(k int) ([]float32, error) {
			if open := begun.Add(1) - finished.Load(); open > int64(workers)+2 {
				t.Errorf("chunk %d: %d are open", k, open)
			}
			if threads := torch.Threads(); threads != 1 {
				t.Errorf("a worker has %d threads", threads)
			}
			if k%7 == 0 {
				time.Sleep(time.Millisecond)
			}
			return convolved(k)
		}, func(k int, v []float32) error {
			if k != len(got) {
				t.Errorf("chunk %d comes after %d others", k, len(got))
			}
			got = append(got, v)
			finished.Add(1)
			return nil
		})
		if err != nil || len(got) != n {
			t.Fatal(len(got), err)
		}
		for k, v := range got {
			want, err := convolved(k)
			if err != nil || !slices.Equal(v, want) {
				t.Errorf("chunk %d is not what one thread computes: %v", k, err)
			}
		}
		if torch.Threads() != workers {
			t.Errorf("afterwards an operation may use %d threads, not %d", torch.Threads(), workers)
		}
	}, 1, 2, 4)
}

// Threads are shared out: four for two chunks are two each, and one chunk has them all.
func TestEachSharesThreads(t *testing.T) {
	torchtest.Pin(t)
	torchtest.SetThreads(t, 4)
	for chunks, want := range map[int]int{1: 4, 2: 2, 3: 1, 9: 1} {
		err := torch.Each(torch.Threads(), chunks, func(int) (int, error) { return torch.Threads(), nil }, func(_, got int) error {
			if got != want {
				t.Errorf("%d chunks: a worker has %d threads, want %d", chunks, got, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Of several errors the first in the order of the chunks is returned, whenever it happens, and what comes before it is done.
func TestEachStopsAtTheFirstError(t *testing.T) {
	eachOf(t, func(t *testing.T, workers int) {
		var computed atomic.Int64
		last := -1
		err := torch.Each(workers, 1000, func(k int) (int, error) {
			computed.Add(1)
			switch k {
			case 5:
				time.Sleep(20 * time.Millisecond)
				return k, fmt.Errorf("chunk %d", k)
			case 6:
				return k, fmt.Errorf("chunk %d", k)
			}
			return k, nil
		}, func(k, _ int) error { last = k; return nil })
		if err == nil || err.Error() != "chunk 5" || last != 4 {
			t.Errorf("error %v after chunk %d", err, last)
		}
		if computed.Load() > 5+int64(workers)+2 {
			t.Errorf("%d chunks were computed", computed.Load())
		}
	}, 1, 2, 4)
}

func TestEachStopsWhereDoneFails(t *testing.T) {
	eachOf(t, func(t *testing.T, workers int) {
		full := errors.New("no space left")
		var computed atomic.Int64
		err := torch.Each(workers, 1000, func(k int) (int, error) { computed.Add(1); return k, nil }, func(k, _ int) error {
			if k == 3 {
				return full
			}
			return nil
		})
		if err != full || computed.Load() > 4+int64(workers)+2 {
			t.Errorf("%v after %d chunks", err, computed.Load())
		}
	}, 1, 2)
}

// A failed operation is the error of its chunk, with the message of its own thread; one outside of Do, or another panic, goes on
// in the caller.
func TestEachCarriesErrorsAndPanics(t *testing.T) {
	eachOf(t, func(t *testing.T, workers int) {
		add := func(s *torch.Scope, k int) {
			s.Add(s.Zeros([]int{2, k + 2}, torch.F32, torch.CPU), s.Zeros([]int{2, k + 20}, torch.F32, torch.CPU))
		}
		var wrong *torch.Error
		err := torch.Each(workers, 4, func(k int) (int, error) {
			return k, torch.Do(func(s *torch.Scope) error { add(s, k); return nil })
		}, func(int, int) error { return nil })
		if !errors.As(err, &wrong) || wrong.Op != "add" || !strings.Contains(wrong.Message, "(2)") || !strings.Contains(wrong.Message, "(20)") {
			t.Errorf("the first chunk's error is %v", err)
		}
		err = torch.Do(func(*torch.Scope) error {
			return torch.Each(workers, 4, func(k int) (int, error) {
				s := torch.NewScope()
				defer s.Close()
				add(s, k)
				return k, nil
			}, func(int, int) error { return nil })
		})
		if !errors.As(err, &wrong) || wrong.Op != "add" {
			t.Errorf("an operation outside of Do: %v", err)
		}
		defer func() {
			if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "chunk 2 is broken") {
				t.Errorf("panic %v", p)
			}
		}()
		_ = torch.Each(workers, 9, func(k int) (int, error) {
			if k >= 2 {
				panic(fmt.Sprintf("chunk %d is broken", k))
			}
			return k, nil
		}, func(int, int) error { return nil })
		t.Error("the panic is lost")
	}, 1, 2)
}

// What one worker records is no other worker's business.
func TestWorkersHaveGradientModesOfTheirOwn(t *testing.T) {
	torchtest.Pin(t)
	torchtest.SetThreads(t, 2)
	recording, looked := make(chan bool), make(chan bool)
	err := torch.Each(2, 2, func(k int) (int, error) {
		return k, torch.Do(func(s *torch.Scope) error {
			x := s.Zeros([]int{1}, torch.F32, torch.CPU)
			s.RequireGrad(x)
			if k == 0 {
				return s.Recording(func() error {
					close(recording)
					<-looked
					s.Gradients(s.Sum(s.Mul(x, x)), x)
					return nil
				})
			}
			<-recording
			defer close(looked)
			s.Gradients(s.Sum(s.Mul(x, x)), x) // fails: nothing is recorded here
			return nil
		})
	}, func(int, int) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Errorf("the worker that does not record has %v", err)
	}
}

func TestTensorsNeedAThread(t *testing.T) {
	torchtest.Pin(t)
	failed := make(chan error)
	go func() { failed <- torch.Do(func(*torch.Scope) error { return nil }) }()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "outside of a thread") {
		t.Error(err)
	}
}

// Threads that end leave their memory to the next.
func TestEachHoldsMemoryFlat(t *testing.T) {
	torchtest.Pin(t)
	torchtest.SetThreads(t, 2)
	run := func(times int) {
		for range times {
			err := torch.Each(2, 4, convolved, func(int, []float32) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	run(200)
	before := torchtest.ResidentMiB(t)
	run(2000)
	if after := torchtest.ResidentMiB(t); after > before+16 {
		t.Errorf("from %d to %d MiB", before, after)
	}
}
