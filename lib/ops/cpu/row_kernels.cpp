// Built once per instruction set: TURBODIFF_ISA names the set, the compiler flags come from CMake.
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "ops/cpu/row_kernels.h"

namespace turbodiff::ops::cpu::TURBODIFF_ISA {
namespace {

struct Bf16 {
  std::uint16_t bits;
};

inline float load(const float* p, std::int64_t i) {
  return p[i];
}
inline float load(const Bf16* p, std::int64_t i) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(p[i].bits) << 16);
}
inline void store(float* p, std::int64_t i, float v) {
  p[i] = v;
}
/// Round to nearest even; NaN stays NaN.
inline void store(Bf16* p, std::int64_t i, float v) {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  p[i].bits = static_cast<std::uint16_t>(v != v ? 0x7fc0u : rounded);
}

/// e^x to about 1 ulp: 2^n * p(r), r in [-ln2/2, ln2/2], Cephes coefficients. Saturates instead of
/// overflowing.
inline float exp_approx(float x) {
  x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (x * 1.44269504088896341f + magic) - magic;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

inline float gelu_tanh_value(float x) {
  const float inner = 0.7978845608028654f * (x + 0.044715f * x * x * x);
  return x - x / (exp_approx(2.0f * inner) + 1.0f);  // x * (1 + tanh(inner)) / 2
}

/// Calls `body` with typed pointers for the storage type.
template <typename Body>
void with_type(Storage type, Body&& body) {
  if (type == Storage::f32)
    body(static_cast<float*>(nullptr));
  else
    body(static_cast<Bf16*>(nullptr));
}

template <typename T>
float sum_of_squares(const T* x, std::int64_t dim) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < dim; ++i) {
    const float v = load(x, i);
    sum += v * v;
  }
  return sum;
}

void layer_norm(const float* x, void* out, Storage out_type, std::int64_t rows, std::int64_t dim, float eps,
                const float* mul, const float* add) {
  with_type(out_type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    auto* to = static_cast<T*>(out);
    for (std::int64_t row = 0; row < rows; ++row, x += dim, to += dim) {
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < dim; ++i) sum += x[i];
      const float mean = sum / static_cast<float>(dim);
      float squares = 0;
#pragma omp simd reduction(+ : squares)
      for (std::int64_t i = 0; i < dim; ++i) squares += (x[i] - mean) * (x[i] - mean);
      const float scale = 1.0f / std::sqrt(squares / static_cast<float>(dim) + eps);
      if (mul != nullptr) {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) store(to, i, (x[i] - mean) * scale * mul[i] + add[i]);
      } else {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) store(to, i, (x[i] - mean) * scale);
      }
    }
  });
}

void rms_norm(const void* x, Storage x_type, void* out, Storage out_type, std::int64_t rows, std::int64_t dim,
              float eps, const float* weight) {
  with_type(x_type, [&](auto* x_tag) {
    with_type(out_type, [&](auto* out_tag) {
      using X = std::remove_pointer_t<decltype(x_tag)>;
      using T = std::remove_pointer_t<decltype(out_tag)>;
      const auto* from = static_cast<const X*>(x);
      auto* to = static_cast<T*>(out);
      for (std::int64_t row = 0; row < rows; ++row, from += dim, to += dim) {
        const float scale = 1.0f / std::sqrt(sum_of_squares(from, dim) / static_cast<float>(dim) + eps);
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) store(to, i, load(from, i) * scale * weight[i]);
      }
    });
  });
}

void rms_norm_rope(const void* x, void* out, Storage type, std::int64_t rows, std::int64_t dim,
                   std::int64_t head_dim, float eps, const float* weight, const float* cos,
                   const float* sin) {
  const std::int64_t half = head_dim / 2;
  with_type(type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(out);
    for (std::int64_t row = 0; row < rows; ++row, from += dim, to += dim, cos += half, sin += half) {
      const float scale = 1.0f / std::sqrt(sum_of_squares(from, dim) / static_cast<float>(dim) + eps);
      for (std::int64_t head = 0; head < dim; head += head_dim) {
#pragma omp simd
        for (std::int64_t i = 0; i < half; ++i) {
          const float re = load(from, head + 2 * i) * scale * weight[head + 2 * i];
          const float im = load(from, head + 2 * i + 1) * scale * weight[head + 2 * i + 1];
          store(to, head + 2 * i, re * cos[i] - im * sin[i]);
          store(to, head + 2 * i + 1, re * sin[i] + im * cos[i]);
        }
      }
    }
  });
}

void add_gated(float* x, const void* y, Storage y_type, std::int64_t rows, std::int64_t dim,
               const float* gate) {
  with_type(y_type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const auto* from = static_cast<const T*>(y);
    for (std::int64_t row = 0; row < rows; ++row, x += dim, from += dim) {
      if (gate != nullptr) {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) x[i] += load(from, i) * gate[i];
      } else {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) x[i] += load(from, i);
      }
    }
  });
}

void channel_norm(const void* x, void* out, Storage type, std::int64_t rows, std::int64_t dim,
                  const float* gamma, bool silu) {
  const float root = std::sqrt(static_cast<float>(dim));
  with_type(type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(out);
    for (std::int64_t row = 0; row < rows; ++row, from += dim, to += dim) {
      const float norm = std::sqrt(sum_of_squares(from, dim));
      const float scale = root / (norm > 1e-12f ? norm : 1e-12f);
      if (silu) {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) {
          const float v = load(from, i) * scale * gamma[i];
          store(to, i, v / (1.0f + exp_approx(-v)));
        }
      } else {
#pragma omp simd
        for (std::int64_t i = 0; i < dim; ++i) store(to, i, load(from, i) * scale * gamma[i]);
      }
    }
  });
}

void gelu_tanh(const void* x, void* out, Storage type, std::int64_t count) {
  with_type(type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(out);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) store(to, i, gelu_tanh_value(load(from, i)));
  });
}

void gelu_tanh_mul(const void* gate, const void* up, void* out, Storage type, std::int64_t count) {
  with_type(type, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const auto* g = static_cast<const T*>(gate);
    const auto* u = static_cast<const T*>(up);
    auto* to = static_cast<T*>(out);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) store(to, i, gelu_tanh_value(load(g, i)) * load(u, i));
  });
}

}  // namespace

#define TURBODIFF_STRING2(x) #x
#define TURBODIFF_STRING(x) TURBODIFF_STRING2(x)
extern const RowKernels kernels;
const RowKernels kernels{layer_norm,   rms_norm,  rms_norm_rope, add_gated,
                         channel_norm, gelu_tanh, gelu_tanh_mul, TURBODIFF_STRING(TURBODIFF_ISA)};

}  // namespace turbodiff::ops::cpu::TURBODIFF_ISA
