// Scalar reference of w8a8_gemm/params.h; host pointers.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "reference/scalar.h"
#include "w8a8_gemm/params.h"

namespace turbodiff::kernels::reference {

/// The fp32 sums before any rounding, [m, n].
inline std::vector<float> w8a8_sums(const W8a8Params& p) {
  std::vector<float> sums(static_cast<std::size_t>(p.m * p.n));
  const std::int64_t blocks = (p.k + 127) / 128;
  for (std::int64_t i = 0; i < p.m; ++i)
    for (std::int64_t j = 0; j < p.n; ++j) {
      float acc = 0;
      for (std::int64_t b = 0; b < blocks; ++b) {
        std::int32_t sum = 0;
        for (std::int64_t k = b * 128; k < std::min(p.k, b * 128 + 128); ++k)
          sum += p.x[i * p.k + k] * p.weight[j * p.k + k];
        const float scale = p.x_scale[i / 128 * blocks + b] * p.weight_scale[j / 128 * blocks + b];
        acc = std::fma(static_cast<float>(sum), scale, acc);
      }
      sums[static_cast<std::size_t>(i * p.n + j)] = acc;
    }
  return sums;
}

inline float gelu_tanh(float x) {
  const float inner = 0.7978845608028654f * std::fma(0.044715f * x * x, x, x);
  return 0.5f * x * (1.0f + std::tanh(inner));
}

/// values [rows, columns] -> int8 and scales of 128 x 128 blocks.
inline void quantise_blocks(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                            std::int8_t* q, float* scale) {
  for (std::int64_t r = 0; r < rows; r += 128)
    for (std::int64_t c = 0; c < columns; c += 128) {
      const std::int64_t r_end = std::min(rows, r + 128), c_end = std::min(columns, c + 128);
      float amax = 1e-8f;
      for (std::int64_t i = r; i < r_end; ++i)
        for (std::int64_t j = c; j < c_end; ++j)
          amax = std::max(amax, std::fabs(values[static_cast<std::size_t>(i * columns + j)]));
      *scale++ = amax / 128.0f;
      for (std::int64_t i = r; i < r_end; ++i)
        for (std::int64_t j = c; j < c_end; ++j)
          q[i * columns + j] = static_cast<std::int8_t>(
              std::clamp(std::nearbyint(values[static_cast<std::size_t>(i * columns + j)] * (128.0f / amax)),
                         -128.0f, 127.0f));
    }
}

inline void w8a8_gemm(const W8a8Params& p, W8a8Epilogue epilogue) {
  std::vector<float> y = w8a8_sums(p);
  for (std::int64_t i = 0; i < p.m; ++i)
    for (std::int64_t j = 0; j < p.n; ++j) {
      float& value = y[static_cast<std::size_t>(i * p.n + j)];
      value = round_bf16(value);
      if (p.bias != nullptr) value = round_bf16(value + p.bias[j]);
      if (epilogue == W8a8Epilogue::store) p.out[i * p.n + j] = to_bf16(value);
      if (epilogue == W8a8Epilogue::requantise) value = round_bf16(gelu_tanh(value));
      if (epilogue == W8a8Epilogue::residual) {
        const float gate = p.gate == nullptr ? 1.0f : p.gate[i / p.rows_per_group * p.n + j];
        p.residual[i * p.n + j] = std::fma(value, gate, p.residual[i * p.n + j]);
      }
    }
  if (epilogue == W8a8Epilogue::requantise) quantise_blocks(y, p.m, p.n, p.out_q, p.out_scale);
}

}  // namespace turbodiff::kernels::reference
