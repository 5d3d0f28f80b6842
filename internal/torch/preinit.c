// Settings that must be in place before OpenMP starts and the first tensor is made. That is before
// any Go code runs: a .preinit_array entry runs before the initializers of shared libraries.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Two OpenMP threads that spin while another process wants the cores slow both down by an
// order of magnitude; waiting passively costs little alone. OpenMP reads its policy once, from the
// environment; the C library resets the environment to the one that the kernel gave after this
// function, so changing it here would be lost. Instead the program starts itself again with the
// setting, which costs the dynamic linker's work a second time (40 ms). A user's setting wins.
static void wait_passively(char **argv, char **envp) {
  static char setting[] = "OMP_WAIT_POLICY=passive", program[4096];
  size_t n = 0;
  for (; envp[n]; n++)
    if (strncmp(envp[n], setting, sizeof "OMP_WAIT_POLICY=" - 1) == 0)
      return;
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  char **with = malloc((n + 2) * sizeof *with);
  if (length <= 0 || !with)
    return;
  memcpy(with, envp, n * sizeof *with);
  with[n] = setting;
  with[n + 1] = NULL;
  execve(program, argv, with); // returns only if it fails: then OpenMP's default stays
  free(with);
}

static void before_libraries(int argc, char **argv, char **envp) {
  (void)argc;
  wait_passively(argv, envp);
  // Every step allocates and frees activations of the same sizes. The C library would return
  // blocks of more than 32 MiB to the system each time, and every step would pay for fresh
  // zeroed pages: keep all in one heap that is never trimmed.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

__attribute__((section(".preinit_array"), used)) static void (*entry)(int, char **, char **) = before_libraries;
