// Package torchtest is what tests of tensor code share: a thread of libtorch for the length of a test, small nets,
// the device of benchmarks and the memory of the process. No program imports it.
package torchtest

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"testing"

	"herbarium/internal/torch"
)

// Pin locks a test to its thread for as long as the test runs, since every test function is a goroutine of its own, and
// returns a scope that is closed with it. Tests that use it do not run in parallel.
func Pin(t testing.TB) *torch.Scope {
	t.Helper()
	torch.Open(threads())
	s := torch.NewScope()
	t.Cleanup(func() {
		s.Close()
		torch.Close()
	})
	return s
}

// threads is how many libtorch takes by itself: on a new thread it would take what the last one had.
var threads = sync.OnceValue(torch.Threads)

// SetThreads sets the number of threads for the rest of a test that Pin has locked.
func SetThreads(t testing.TB, threads int) {
	t.Helper()
	before := torch.Threads()
	torch.SetThreads(threads)
	t.Cleanup(func() { torch.SetThreads(before) })
}

// BenchDevice is the device of benchmarks: $BENCH_DEVICE, else the CPU.
func BenchDevice(b *testing.B) torch.Device {
	b.Helper()
	device, err := torch.OpenDevice(cmp.Or(os.Getenv("BENCH_DEVICE"), "cpu"))
	if err != nil {
		b.Fatal(err)
	}
	return device
}

// ResidentMiB is how much memory this process holds, for tests that hold it flat. Where the system does not tell, the
// test is skipped.
func ResidentMiB(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc: memory cannot be read")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
