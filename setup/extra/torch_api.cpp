// What gotch's C interface lacks. Setup keeps the functions that extra/binding.go.txt calls.

// y += alpha x, in place: gotch's add_ has no factor.
void at_add_scaled_(tensor y, tensor x, double alpha) {
  PROTECT(y->add_(*x, alpha);)
}

// softmax(scale q k^T + bias) v; bias may be null.
tensor at_attention(tensor q, tensor k, tensor v, tensor bias, double scale) {
  PROTECT(
      return new torch::Tensor(attention(*q, *k, *v, bias, scale));)
  return nullptr;
}

// softmax's, conv's and pooling's kernels may pick faster, non-deterministic ways on CUDA.
void at_set_deterministic(int on) {
  PROTECT(at::globalContext().setDeterministicCuDNN(on);
          at::globalContext().setBenchmarkCuDNN(!on);)
}

// One step of gradient descent with Nesterov momentum, g += decay x, buffer = momentum buffer + g,
// x -= rate (g + momentum buffer): on the CPU in one pass over memory, where five operations take five.
void at_nesterov_(tensor x, tensor gradient, tensor buffer, double rate, double momentum, double decay) {
  PROTECT(
      at::NoGradGuard off;
      at::Tensor g = gradient->contiguous();
      bool plain = g.device().is_cpu() && g.scalar_type() == at::kFloat;
      for (tensor t : {x, buffer})
        plain = plain && t->device() == g.device() && t->scalar_type() == at::kFloat && t->is_contiguous() && t->sizes() == g.sizes();
      if (plain) {
        const float r = rate, m = momentum, d = decay;
        float *px = x->data_ptr<float>(), *pb = buffer->data_ptr<float>();
        const float *pg = g.data_ptr<float>();
        at::parallel_for(0, g.numel(), 1 << 15, [=](int64_t from, int64_t to) {
          for (int64_t i = from; i < to; i++) {
            float step = pg[i] + d * px[i];
            pb[i] = m * pb[i] + step;
            px[i] -= r * (step + m * pb[i]);
          }
        });
        x->unsafeGetTensorImpl()->bump_version();
      } else {
        g = g.add(*x, decay);
        buffer->mul_(momentum).add_(g);
        x->add_(g.add(*buffer, momentum), -rate);
      })
}

// What computes, for provenance: see blas.cpp. The caller frees it.
char *at_engine() {
  return strdup(engine_name().c_str());
}
