// Settings that must be in place before OpenMP starts and the first tensor is made. That is before
// any Go code runs: a .preinit_array entry runs before the initializers of shared libraries.
#define _GNU_SOURCE
#include <malloc.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// A thread that has done its share of an operation waits for the others. If it spins while another process wants
// the cores, both become slower by an order of magnitude; if it sleeps at once, waking it for the next operation
// takes longer than many an operation of a small net. So it spins for about as long as a wakening takes, 10 to 50
// microseconds, and then sleeps: the policy says to sleep, and libgomp's count of spins wins over it (other OpenMPs
// do not know that). On two cores, against no spins and alone: 1,000 made steps of maxact 1.09 and training of ResNet-20 at
// 32 pixels 1.06 times as fast, 10,000 1.17 and 1.10 times; but two such trainings at once took 1.04 times as long as
// one after the other with 1,000, and 1.4 times with 10,000.
static char policy[] = "OMP_WAIT_POLICY=passive", spins[] = "GOMP_SPINCOUNT=1000";

// OpenBLAS has kernels for families of processors and knows these by their numbers: on one that is younger than itself it takes
// the slowest, a fifth of the speed. What counts is which instructions there are. Of kernels as fast it takes
// these, so that processors with the same instructions round alike. setup probes with the same rule (setup/blas.go).
static char haswell[] = "OPENBLAS_CORETYPE=Haswell", skylake[] = "OPENBLAS_CORETYPE=SkylakeX";

static char *kernels(void) {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return skylake;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return haswell;
#endif
  return NULL;
}

// OpenMP and OpenBLAS read these once, from the environment, in their initializers. setenv here would be lost, since the C
// library sets the environment to the kernel's list when it is initialized itself. So entries of that list that no
// library's initializer asks for are replaced for as long as the initializers run, as far as there are any. A user's
// setting wins: of the two about waiting neither is lent if there is one.
enum { LOANS = 3 };
static struct {
  char *setting, **place, *owner;
} loans[LOANS];

// A variable of the environment and its value begin alike: FOO= of FOO=1.
static int same_name(const char *entry, const char *setting) {
  return strncmp(entry, setting, strcspn(setting, "=") + 1) == 0;
}

static int given(char **envp, const char *setting) {
  for (; *envp; envp++)
    if (same_name(*envp, setting))
      return 1;
  return 0;
}

static int library_reads(const char *entry) {
  static const char *prefixes[] = {"OMP_",  "GOMP_", "KMP_", "MKL_",    "DNNL_", "ONEDNN_", "OPENBLAS_", "GOTO_",  "CUDA",
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

  int wanted = 0;
  if (!given(envp, policy) && !given(envp, spins)) {
    loans[wanted++].setting = policy;
    loans[wanted++].setting = spins;
  }
  if (kernels() && !given(envp, haswell))
    loans[wanted++].setting = kernels();

  char **end = envp;
  while (*end)
    end++;
  int lent = 0;
  for (char **e = end; e-- > envp && lent < wanted;) {
    if (library_reads(*e))
      continue;
    loans[lent].place = e;
    loans[lent].owner = *e;
    *e = loans[lent++].setting;
  }
}

__attribute__((section(".preinit_array"), used)) static void (*entry)(int, char **, char **) = before_libraries;

// The program's own initializers run after those of its libraries.
__attribute__((constructor)) static void after_libraries(void) {
  for (int i = 0; i < LOANS; i++)
    if (loans[i].place)
      *loans[i].place = loans[i].owner;
}
