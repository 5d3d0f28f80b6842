// Setup builds this against a libtorch to see whether it can be used, and how fast it multiplies matrices. It follows
// blas.cpp. Names of functions that take or return std::string tell the string ABI, so linking does.
#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <cstdio>
#include <ctime>

int main() {
  at::set_num_threads(1); // what a core does, however many there are and whatever else they do: processor time counts
  at::Tensor a = at::ones({512, 2048}), b = at::ones({2048, 1024});
  double best = 0;
  for (int i = 0; i < 5; i++) {
    std::clock_t start = std::clock();
    at::mm(a, b);
    double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::max(best, 2e-9 * 512 * 2048 * 1024 / seconds);
  }
  std::printf("%s\n%s\n%s\n%.1f\n", TORCH_VERSION, blas_name().c_str(), blas_file().c_str(), best);
}
