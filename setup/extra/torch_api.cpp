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

// Of maps x [N,C,L], [4,N,C]: the mean and the mean square of each, its largest value, and its squared distance from the next
// photo's, 0 for the last. On the CPU in one pass over memory, where operations take eight.
void at_map_moments(tensor *out, tensor x) {
  PROTECT(
      at::NoGradGuard off;
      at::Tensor maps = x->contiguous();
      const int64_t n = maps.size(0), c = maps.size(1), l = maps.size(2);
      at::Tensor result;
      if (maps.device().is_cpu() && maps.scalar_type() == at::kFloat) {
        result = at::empty({4, n, c}, maps.options());
        const float *from = maps.data_ptr<float>();
        float *to = result.data_ptr<float>();
        at::parallel_for(0, n * c, std::max<int64_t>(1, (1 << 15) / l), [=](int64_t first, int64_t past) {
          for (int64_t row = first; row < past; row++) {
            const float *p = from + row * l, *next = row + c < n * c ? p + c * l : p;
            double sum = 0, squares = 0, apart = 0;
            float peak = p[0];
            for (int64_t at = 0; at < l; at += 512) { // so few are added in single precision, in lanes that need no order
              const int64_t end = std::min<int64_t>(l, at + 512);
              float s[8] = {}, q[8] = {}, d[8] = {}, m[8];
              std::fill(m, m + 8, p[at]);
              int64_t i = at;
              for (; i + 8 <= end; i += 8)
                for (int k = 0; k < 8; k++) {
                  const float v = p[i + k], w = next[i + k] - v;
                  s[k] += v;
                  q[k] += v * v;
                  d[k] += w * w;
                  m[k] = v > m[k] ? v : m[k];
                }
              for (; i < end; i++) {
                const float v = p[i], w = next[i] - v;
                s[0] += v;
                q[0] += v * v;
                d[0] += w * w;
                m[0] = v > m[0] ? v : m[0];
              }
              for (int k = 0; k < 8; k++) {
                sum += s[k];
                squares += q[k];
                apart += d[k];
                peak = std::max(peak, m[k]);
              }
            }
            const int64_t all = n * c;
            to[row] = sum / l;
            to[all + row] = squares / l;
            to[2 * all + row] = peak;
            to[3 * all + row] = apart;
          }
        });
      } else {
        at::Tensor d = maps.narrow(0, 1, n - 1) - maps.narrow(0, 0, n - 1);
        at::Tensor apart = at::cat({(d * d).sum(2), at::zeros({1, c}, maps.options())});
        result = at::stack({maps.mean(2), (maps * maps).mean(2), maps.amax(2), apart});
      }
      *out = new at::Tensor(result);)
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
