package format

import "syscall"

// hugePages asks the kernel for large pages under a large buffer that is about to be filled: half of the time that reading
// a net takes would else go into thousands of page faults.
func hugePages(b []byte) {
	const advice = 14 // MADV_HUGEPAGE
	if len(b) < trustedSize {
		return
	}
	_ = syscall.Madvise(b, advice) // a wish, which kernels may lack
}
