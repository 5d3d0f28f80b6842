// Settings that must be in place before OpenMP starts and the first tensor is made. That is before
// any Go code runs: a .preinit_array entry runs before the initializers of shared libraries.
#define _GNU_SOURCE
#include <malloc.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Two OpenMP threads that spin while another process wants the cores slow both down by an
// order of magnitude; waiting passively costs little alone. OpenMP reads its policy once, from the
// environment, in its initializer. setenv here would be lost, since the C library sets the environment
// to the kernel's list when it is initialized itself. So an entry of that list that no library's
// initializer asks for is replaced for as long as the initializers run. A user's setting wins.
static char setting[] = "OMP_WAIT_POLICY=passive";
static char **lent, *owner;

static int library_reads(const char *entry) {
  static const char *prefixes[] = {"OMP_",  "GOMP_", "KMP_", "MKL_",    "DNNL_", "ONEDNN_", "OPENBLAS_", "CUDA",
                                   "TORCH", "PYTORCH", "ATEN_", "GLOG_", "LD_",   "MALLOC_", "GLIBC_",    "NVIDIA"};
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
      return 1;
  return 0;
}

static int processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void before_libraries(int argc, char **argv, char **envp) {
  (void)argc;
  (void)argv;
  // Every step allocates and frees activations of the same sizes. The C library would return
  // blocks of more than 32 MiB to the system each time, and every step would pay for fresh
  // zeroed pages: keep all in heaps that are never trimmed. A thread finds its heap locked by another one
  // too often, if they share: each that computes has one of its own, and the main thread the one that may grow
  // without bound. The others consist of parts of 64 MiB, which go back to the system unless so much may lie idle.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_ARENA_MAX, 1 + processors());
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);

  for (char **e = envp; *e; e++) {
    if (strncmp(*e, setting, sizeof "OMP_WAIT_POLICY=" - 1) == 0) {
      lent = NULL;
      return;
    }
    if (!library_reads(*e))
      lent = e;
  }
  if (lent) {
    owner = *lent;
    *lent = setting;
  }
}

__attribute__((section(".preinit_array"), used)) static void (*entry)(int, char **, char **) = before_libraries;

// The program's own initializers run after those of its libraries.
__attribute__((constructor)) static void after_libraries(void) {
  if (lent)
    *lent = owner;
}
