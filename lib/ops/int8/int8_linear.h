// Linear layers in int8 (W8A8): weights and activations have one scale for every 128 x 128 block.
//   amax = max(1e-8, max|x|),  scale = amax / 128,  q = saturate(round half to even(x * (128 / amax)))
//   y = sum over blocks of 128 of K, ascending: fma(sum of integer products, scale_x * scale_w, y);  y + bias
// For bf16 y is rounded before the bias is added. Blocks of activations run across the items of a batch.
// TurboDiffusion (arXiv:2512.16093). Reference: Int8Linear in thu-ml/TurboDiffusion, ops/core.py, which gives
// zeros where K is no multiple of 128 or N none of 8; here every shape works, what is missing counts as 0.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace turbodiff::ops {

/// values [rows, columns] int8, scales [ceil(rows / 128), ceil(columns / 128)] fp32.
struct Int8Matrix {
  at::Tensor values, scales;
};

/// x [rows, columns] fp32 or bf16.
Int8Matrix int8_quantise(const at::Tensor& x);
/// Values times scales, [rows, columns] in `type`. Error bad_request where the shapes do not fit.
at::Tensor int8_dequantise(const Int8Matrix& matrix, at::ScalarType type);

/// Weights [N, K] in this machine's layout.
class Int8Weight {
 public:
  Int8Weight() = default;
  /// Error bad_request where the shape of `scales` does not fit that of `values`.
  explicit Int8Weight(const Int8Matrix& matrix);

  bool defined() const { return scales_.defined(); }
  std::int64_t out() const { return n_; }
  std::int64_t in() const { return k_; }
  std::uint64_t bytes() const;

 private:
  friend class Int8Plain;
  friend class Int8Product;
  friend class Int8Tiles;
  std::int64_t n_ = 0, k_ = 0;
  at::Tensor values_;   // packed panels on the CPU with VNNI, else [N, K] int8
  at::Tensor offsets_;  // packed only
  at::Tensor scales_;   // [N / 128, K / 128] fp32
};

/// Activations quantised once for all layers that read them.
class Int8Input {
 public:
  Int8Input() = default;
  /// x [..., K] fp32, bf16 or fp16 (computed in fp32).
  explicit Int8Input(const at::Tensor& x);

  bool defined() const { return values_.defined(); }
  /// The shape of x.
  at::IntArrayRef sizes() const { return shape_; }
  at::ScalarType scalar_type() const { return type_; }

 private:
  friend class Int8Plain;
  friend class Int8Product;
  friend class Int8Tiles;
  std::vector<std::int64_t> shape_;
  at::ScalarType type_ = at::kFloat;
  /// With VNNI: blocks [rows / 128, K / 128, 128, 128] uint8, zero point 128; else [rows, K] int8.
  at::Tensor values_;
  at::Tensor scales_;
};

/// x [..., K], bias [N] or undefined -> [..., N] in x's type. The same bits for any number of threads.
at::Tensor int8_linear(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias);

/// True where the fast path for this CPU's instructions is in use.
bool has_fast_int8();

namespace reference {
/// The definitions above, operator by operator.
Int8Matrix int8_quantise(const at::Tensor& x);
/// x [..., K] quantised, weight as stored.
at::Tensor int8_linear(const at::Tensor& x, const Int8Matrix& weight, const at::Tensor& bias);
}  // namespace reference

}  // namespace turbodiff::ops
