// Settings that must be in place before OpenMP starts and the first tensor is made. That is before
// any Go code runs: a .preinit_array entry runs before the initializers of shared libraries.
#include <malloc.h>
#include <stdlib.h>

static void before_libraries(void) {
  // Two OpenMP threads that spin while another process wants the cores slow both down by an
  // order of magnitude; waiting passively costs little alone. A user's setting wins.
  setenv("OMP_WAIT_POLICY", "passive", 0);

  // Every step allocates and frees activations of the same sizes. The C library would return
  // blocks of more than 32 MiB to the system each time, and every step would pay for fresh
  // zeroed pages: keep all in one heap that is never trimmed.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

__attribute__((section(".preinit_array"), used)) static void (*entry)(void) = before_libraries;
