// What gotch's C interface lacks. Setup keeps the functions that extra/binding.go.txt calls.

// y += alpha x, in place: gotch's add_ has no factor.
void at_add_scaled_(tensor y, tensor x, double alpha) {
  PROTECT(y->add_(*x, alpha);)
}

// softmax's, conv's and pooling's kernels may pick faster, non-deterministic ways on CUDA.
void at_set_deterministic(int on) {
  PROTECT(at::globalContext().setDeterministicCuDNN(on);
          at::globalContext().setBenchmarkCuDNN(!on);)
}
