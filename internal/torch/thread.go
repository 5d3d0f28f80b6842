package torch

// The C file of this package has no callers: importing "C" makes cgo compile it.

import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"

	"github.com/sugarme/gotch/libtch"
)

// ready holds the ids of the threads that Open has readied: libtorch's error and gradient mode are a thread's own.
var ready sync.Map

func checkThread() error {
	if _, ok := ready.Load(syscall.Gettid()); !ok {
		return errors.New("torch: called outside of a thread that Open locked")
	}
	return nil
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

// Open locks the calling goroutine to its thread until [Close] and sets the number of threads that one operation may use
// there. It opens no device: call it first, and [OpenDevice] when the first document is there, so that waiting stages of a
// pipe hold no GPU context.
func Open(threads int) {
	runtime.LockOSThread()
	ready.Store(syscall.Gettid(), nil)
	libtch.AtGradSetEnabled(0)
	// A thread's first look at its number of threads replaces it by what some thread has set last.
	libtch.AtGetNumThreads()
	libtch.AtSetNumThreads(threads)
}

// Close takes the thread back from the calling goroutine, which computes no more.
func Close() {
	ready.Delete(syscall.Gettid())
	runtime.UnlockOSThread()
}

// Threads is the number of threads that one operation of the calling thread may use.
func Threads() int { return libtch.AtGetNumThreads() }

// OpenDevice is the device of that name: auto, cpu, cuda or cuda:N. Auto is the first GPU that
// libtorch sees, else the CPU; a named GPU that is missing is an error.
func OpenDevice(name string) (Device, error) {
	if name == "cpu" {
		return CPU, nil
	}
	count := int(libtch.AtcCudaDeviceCount())
	index := 0
	switch {
	case name == "auto" && count == 0:
		return CPU, nil
	case name == "auto" || name == "cuda":
	default:
		if _, err := fmt.Sscanf(name, "cuda:%d", &index); err != nil {
			return CPU, fmt.Errorf("device %q is none of auto, cpu, cuda, cuda:N", name)
		}
	}
	if index < 0 || index >= count {
		return CPU, fmt.Errorf("device %s is not there: libtorch sees %d GPUs; --device cpu runs without one", name, count)
	}
	libtch.AtSetDeterministic(1)
	// Else convolutions round their factors to 10 bits (TF32), which moved logits by up to 4e-3 on an H200, and by 1e-5
	// without. NVIDIA's libraries look when they are first used.
	if os.Getenv("NVIDIA_TF32_OVERRIDE") == "" {
		os.Setenv("NVIDIA_TF32_OVERRIDE", "0")
	}
	return Device(index), nil
}

// Seed sets libtorch's own random numbers, those of Dropout and RandnLike, on all devices.
func Seed(seed uint64) { libtch.AtManualSeed(int64(seed)) }
