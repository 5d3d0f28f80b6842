// Package resident reads how much memory this process holds, for tests that hold it flat.
package resident

import (
	"fmt"
	"os"
	"testing"
)

// MiB is the resident memory of this process. Where the system does not tell, the test is skipped.
func MiB(t testing.TB) int {
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
