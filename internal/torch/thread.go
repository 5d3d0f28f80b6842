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

// The main goroutine keeps the first thread of the process, whose heap has no bound (preinit.c).
func init() { runtime.LockOSThread() }

// ready holds the threads that Open has readied, by their ids, each with its crew: libtorch's error and gradient mode are a
// thread's own.
var ready sync.Map

// ours is the crew of the calling thread.
func ours() (*crew, error) {
	c, ok := ready.Load(syscall.Gettid())
	if !ok {
		return nil, errors.New("torch: called outside of a thread that Open locked")
	}
	return c.(*crew), nil
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
	ready.Store(syscall.Gettid(), &crew{})
	libtch.AtGradSetEnabled(0)
	SetThreads(threads)
}

// SetThreads sets the number of threads that one operation of the calling thread may use. To change it takes tens of
// milliseconds: libtorch builds pools anew.
func SetThreads(threads int) {
	if libtch.AtGetNumThreads() != threads { // this first look of a thread at its number takes over what any thread has set last
		libtch.AtSetNumThreads(threads)
	}
}

// Close takes the thread back from the calling goroutine, which computes no more, and ends its workers.
func Close() {
	if c, err := ours(); err == nil {
		c.disband()
	}
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
