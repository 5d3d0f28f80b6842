package torch

// The C file of this package has no callers: importing "C" makes cgo compile it.

import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/sugarme/gotch/libtch"
)

// pinned is the id of the thread that Open locked; libtorch's error and gradient mode
// belong to that thread, not to this process.
var pinned atomic.Int64

func checkThread() error {
	if int64(syscall.Gettid()) != pinned.Load() {
		return errors.New("torch: called outside the thread that Open locked")
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

// Open locks the calling goroutine to its thread for the rest of the program and sets the
// number of threads that one operation may use. It opens no device: call it first, and
// [OpenDevice] when the first document is there, so that waiting stages of a pipe hold no
// GPU context.
func Open(threads int) {
	runtime.LockOSThread()
	pinned.Store(int64(syscall.Gettid()))
	libtch.AtGradSetEnabled(0)
	libtch.AtSetNumThreads(threads)
}

// Threads is the number of threads that one operation uses.
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
