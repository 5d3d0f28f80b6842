// What computes: libtorch, the kernels that it chose for this processor, and the BLAS that it calls. Systems put one of
// several behind the name libblas.so.3, and wheels carry their own, so the process is asked.
#include <ATen/Version.h>
#include <dlfcn.h>
#include <string>
#include <torch/version.h>

// The rest of text behind mark, up to one of the characters in end; "" without the mark.
static std::string between(const std::string &text, const std::string &mark, const char *end) {
  size_t from = text.find(mark);
  if (from == std::string::npos)
    return "";
  from += mark.size();
  return text.substr(from, text.find_first_of(end, from) - from);
}

// The shared library with the matrix product of float32; "" where libtorch keeps it to itself.
static std::string blas_file() {
  Dl_info found;
  void *product = dlsym(RTLD_DEFAULT, "sgemm_");
  return product && dladdr(product, &found) ? found.dli_fname : "";
}

// Its name and version and, where it tells, the processor that its kernels were written for: they differ in rounding.
static std::string blas_name() {
  // An OpenBLAS can be there for others, too: what counts is that this library is one or refers to one.
  std::string file = blas_file();
  void *library = file.empty() ? nullptr : dlopen(file.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  auto find = [&](const char *symbol) { return library ? dlsym(library, symbol) : nullptr; };
  if (void *config = find("openblas_get_config")) {
    std::string name = "OpenBLAS " + between(reinterpret_cast<const char *(*)()>(config)(), "OpenBLAS ", " ");
    if (void *core = find("openblas_get_corename"))
      name += std::string(" for ") + reinterpret_cast<const char *(*)()>(core)();
    if (void *parallel = find("openblas_get_parallel"))
      if (reinterpret_cast<int (*)()>(parallel)() == 1)
        name += ", pthread";
    return name;
  }
  std::string mkl = between(at::get_mkl_version(), "Version ", "- ");
  if (!mkl.empty())
    return "MKL " + mkl;
  if (find("bli_info_get_version_str"))
    return "BLIS";
  if (find("ATL_buildinfo"))
    return "ATLAS";
  return file.empty() || file.find("libtorch") != std::string::npos ? "a BLAS of its own" : "reference BLAS";
}

static std::string engine_name() {
  std::string kernels = between(at::show_config(), "CPU capability usage: ", "\n");
  return "libtorch " TORCH_VERSION " (" + kernels + "), " + blas_name();
}
