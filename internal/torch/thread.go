package torch

// The C file of this package has no callers: importing "C" makes cgo compile it.

import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/sugarme/gotch/libtch"
)

// pinned is the id of the thread that Open or Pin locked; libtorch's error and gradient mode
// belong to that thread, not to this process.
var pinned atomic.Int64

func checkThread() error {
	if int64(syscall.Gettid()) != pinned.Load() {
		return errors.New("torch: called outside the thread that Open or Pin locked")
	}
	return nil
}

func lock() {
	runtime.LockOSThread()
	pinned.Store(int64(syscall.Gettid()))
	libtch.AtGradSetEnabled(0)
}

// TB is what Pin needs of a *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
}

// Pin locks a test to its thread for as long as the test runs, and returns a scope that is
// closed with it. Tests that use it do not run in parallel.
func Pin(t TB) *Scope {
	t.Helper()
	lock()
	s := NewScope()
	t.Cleanup(func() {
		s.Close()
		pinned.Store(0)
		runtime.UnlockOSThread()
	})
	return s
}

// Config is where and how the tools compute.
type Config struct {
	Device  string // auto, cpu, cuda or cuda:N
	Threads int    // threads of one operation; 0: $OMP_NUM_THREADS, else one per core
}

// Device is a place that tensors live in: -1 the CPU, N the N-th GPU.
type Device int

// CPU is the host's memory.
const CPU Device = -1

func (d Device) String() string {
	if d == CPU {
		return "cpu"
	}
	return fmt.Sprintf("cuda:%d", int(d))
}

// Open locks the calling goroutine to its thread for the rest of the program and sets the
// number of threads. It opens no device: call it first, and [Config.Open] when the first
// document is there, so that waiting stages of a pipe hold no GPU context.
func Open(c Config) {
	lock()
	n := c.Threads
	if n == 0 {
		n, _ = strconv.Atoi(os.Getenv("OMP_NUM_THREADS"))
	}
	if n <= 0 {
		n = runtime.NumCPU()
	}
	libtch.AtSetNumThreads(n)
}

// Threads is the number of threads that one operation uses.
func Threads() int { return libtch.AtGetNumThreads() }

// OpenDevice is the device that the configuration names. Auto is the first GPU that libtorch
// sees, else the CPU; a named GPU that is missing is an error.
func (c Config) OpenDevice() (Device, error) {
	if c.Device == "cpu" {
		return CPU, nil
	}
	count := int(libtch.AtcCudaDeviceCount())
	if c.Device == "" || c.Device == "auto" {
		if count > 0 {
			libtch.AtSetDeterministic(1)
			return 0, nil
		}
		return CPU, nil
	}
	index := 0
	if _, err := fmt.Sscanf(c.Device, "cuda:%d", &index); err != nil && c.Device != "cuda" {
		return CPU, fmt.Errorf("device %q is none of auto, cpu, cuda, cuda:N", c.Device)
	}
	if index < 0 || index >= count {
		return CPU, fmt.Errorf("device %s is not there: libtorch sees %d GPUs; --device cpu runs without", c.Device, count)
	}
	libtch.AtSetDeterministic(1)
	return Device(index), nil
}
