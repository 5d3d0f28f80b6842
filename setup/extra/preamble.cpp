#include "torch_api.h"
#include <cstring>
#include <stdexcept>
#include <torch/csrc/autograd/engine.h>
#include <torch/version.h>
#include <vector>

using namespace std;

// gotch numbers devices -1 for the CPU and n for the n-th GPU.
static at::Device device_of_int(int d) {
  return d < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, d);
}

static vector<torch::Tensor> of_carray_tensor(tensor *list, int n) {
  vector<torch::Tensor> tensors;
  for (int i = 0; i < n; i++)
    tensors.push_back(*list[i]);
  return tensors;
}

static thread_local char *torch_last_err = nullptr;

#define PROTECT(...)                                                           \
  try {                                                                        \
    __VA_ARGS__                                                                \
  } catch (const exception &e) {                                               \
    torch_last_err = strdup(e.what());                                         \
  } catch (...) {                                                              \
    torch_last_err = strdup("unknown C++ exception");                          \
  }

// softmax(scale q k^T + bias) v. Before 2.1 libtorch has no fused kernels that take a scale.
static torch::Tensor attention(const torch::Tensor &q, const torch::Tensor &k, const torch::Tensor &v, tensor bias, double scale) {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1
  c10::optional<torch::Tensor> mask;
  if (bias)
    mask = *bias;
  return at::scaled_dot_product_attention(q, k, v, mask, 0.0, false, scale);
#else
  torch::Tensor scores = torch::matmul(q * scale, k.transpose(-2, -1));
  return torch::matmul(torch::softmax(bias ? scores + *bias : scores, -1), v);
#endif
}
