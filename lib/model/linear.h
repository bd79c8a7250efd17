// Fully connected layers of a network, in its compute type or in int8 (ops/int8_linear.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "model/parameters.h"
#include "ops/int8_linear.h"

namespace turbodiff::model {

/// How layers compute: as the checkpoint stores them, or in int8.
enum class LinearKind : std::uint8_t { plain, int8 };

/// x [..., K] for one or several layers of one kind; quantised once.
class LinearInput {
 public:
  LinearInput(at::Tensor x, LinearKind kind);
  const at::Tensor& tensor() const { return x_; }
  const ops::Int8Input& int8() const { return int8_; }

 private:
  at::Tensor x_;
  ops::Int8Input int8_;
};

class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  /// `name`.weight [out, in] and `name`.bias [out] in the compute type.
  static Linear load(const Parameters& parameters, const std::string& name, std::int64_t out,
                     std::int64_t in);
  /// In int8: `name`.int8_weight and `name`.scale where the checkpoint has them, else `name`.weight quantised
  /// here, whose pages are given back. Error bad_request as Parameters::get().
  static Linear load_int8(const Parameters& parameters, const std::string& name, std::int64_t out,
                          std::int64_t in);

  LinearKind kind() const { return int8_.defined() ? LinearKind::int8 : LinearKind::plain; }
  /// x [..., in] -> [..., out] in x's type.
  at::Tensor operator()(const at::Tensor& x) const { return (*this)(LinearInput(x, kind())); }
  /// `x` prepared for this layer's kind.
  at::Tensor operator()(const LinearInput& x) const;

 private:
  at::Tensor weight_, bias_;
  ops::Int8Weight int8_;
};

}  // namespace turbodiff::model
