#include "torch_api.h"
#include <cstring>
#include <stdexcept>
#include <torch/csrc/autograd/engine.h>
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
