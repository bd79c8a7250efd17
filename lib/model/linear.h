// Fully connected layers of a network, in its compute type or in int8 (ops/int8/int8_linear.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "model/parameters.h"
#include "ops/int8/int8_linear.h"

namespace turbodiff::model {

/// How layers compute: as the checkpoint stores them, or in int8.
enum class LinearKind : std::uint8_t { plain, int8 };

/// An input x [..., K] of one or several layers of one kind; quantised once.
class LinearInput {
 public:
  LinearInput(at::Tensor x, LinearKind kind);
  /// ops::layer_norm_modulate() and ops::layer_norm_affine() as inputs of layers of `kind`.
  static LinearInput modulated(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                               double eps, at::ScalarType type, LinearKind kind);
  static LinearInput normed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                            at::ScalarType type, LinearKind kind);

  at::IntArrayRef sizes() const { return int8_.defined() ? int8_.sizes() : x_.sizes(); }
  std::int64_t size(std::size_t dim) const { return sizes()[dim]; }

 private:
  friend class Linear;
  explicit LinearInput(ops::Int8Input x) : int8_(std::move(x)) {}
  at::Tensor x_;  ///< of plain layers
  ops::Int8Input int8_;
};

class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  /// `name`.weight [out, in] and `name`.bias [out] in the compute type; `name`.int8_weight times `name`.scale
  /// where the checkpoint has those.
  static Linear load(const Parameters& parameters, const std::string& name, std::int64_t out,
                     std::int64_t in);
  /// In int8: `name`.int8_weight and `name`.scale where the checkpoint has them, else `name`.weight quantised
  /// here, whose file pages are then released. Error bad_request as Parameters::get().
  static Linear load_int8(const Parameters& parameters, const std::string& name, std::int64_t out,
                          std::int64_t in);

  LinearKind kind() const { return int8_.defined() ? LinearKind::int8 : LinearKind::plain; }
  /// x [..., in] -> [..., out] in x's type.
  at::Tensor operator()(const at::Tensor& x) const { return (*this)(LinearInput(x, kind())); }
  /// `x` prepared for this layer's kind.
  at::Tensor operator()(const LinearInput& x) const;
  /// gelu_tanh of the result, for a layer of the same kind.
  LinearInput gelu(const LinearInput& x) const;
  /// residual += gate * result; `gate` as ops::add_gated_(), or undefined for 1.
  void add_to(at::Tensor& residual, const LinearInput& x, const at::Tensor& gate) const;

 private:
  at::Tensor weight_, bias_;
  ops::Int8Weight int8_;
};

}  // namespace turbodiff::model
