// The C interface of the kept functions; after gotch's torch_api.h, with lighter headers.
#ifndef HERBARIUM_TORCH_API_H
#define HERBARIUM_TORCH_API_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/cuda.h>
#include <torch/types.h>
extern "C" {
typedef torch::Tensor *tensor;
typedef torch::Scalar *scalar;
#else
typedef void *tensor;
typedef void *scalar;
#endif

/* functions */

#ifdef __cplusplus
}
#endif
#endif
