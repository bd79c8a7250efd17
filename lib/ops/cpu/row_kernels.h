// Row-wise CPU kernels of the networks: one call does whole rows, in fp32 inside, whatever the storage type.
// Compiled once per instruction set (row_kernels.cpp) and chosen at run time. Results do not depend on how
// rows are divided among threads.
#pragma once

#include <cstdint>

namespace turbodiff::ops::cpu {

/// Storage type of a row.
enum class Storage : std::uint8_t { f32, bf16 };

/// All pointers address the first row handled; rows are contiguous, `dim` elements each. `out` may equal `x`
/// when the storage types agree.
struct RowKernels {
  /// out = (x - mean) / sqrt(var + eps) * mul + add, per row; `mul`, `add` are [dim], or null for 1 and 0.
  void (*layer_norm)(const float* x, void* out, Storage out_type, std::int64_t rows, std::int64_t dim,
                     float eps, const float* mul, const float* add);
  /// out = x * rsqrt(mean(x^2) + eps) * weight.
  void (*rms_norm)(const void* x, Storage x_type, void* out, Storage out_type, std::int64_t rows,
                   std::int64_t dim, float eps, const float* weight);
  /// rms_norm over the whole row, then interleaved rotation of each head; `cos`, `sin` are [rows, head_dim /
  /// 2].
  void (*rms_norm_rope)(const void* x, void* out, Storage type, std::int64_t rows, std::int64_t dim,
                        std::int64_t head_dim, float eps, const float* weight, const float* cos,
                        const float* sin);
  /// x += y * gate; `gate` is [dim], or null for 1.
  void (*add_gated)(float* x, const void* y, Storage y_type, std::int64_t rows, std::int64_t dim,
                    const float* gate);
  /// out = x / max(||x||_2, 1e-12) * sqrt(dim) * gamma, followed by SiLU where `silu` is set.
  void (*channel_norm)(const void* x, void* out, Storage type, std::int64_t rows, std::int64_t dim,
                       const float* gamma, bool silu);
  /// out = gelu_tanh(x).
  void (*gelu_tanh)(const void* x, void* out, Storage type, std::int64_t count);
  /// out = gelu_tanh(gate) * up.
  void (*gelu_tanh_mul)(const void* gate, const void* up, void* out, Storage type, std::int64_t count);
  const char* isa;
};

/// The best set that this CPU supports.
const RowKernels& row_kernels();

}  // namespace turbodiff::ops::cpu
