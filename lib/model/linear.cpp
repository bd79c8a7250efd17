#include "model/linear.h"

#include <ATen/ATen.h>

#include <optional>

#include "ops/gelu.h"
#include "ops/int8/int8_fused.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"
#include "ops/residual.h"

namespace turbodiff::model {

LinearInput::LinearInput(at::Tensor x, LinearKind kind) {
  if (kind == LinearKind::int8)
    int8_ = ops::Int8Input(x);
  else
    x_ = std::move(x);
}

LinearInput LinearInput::modulated(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                                   double eps, at::ScalarType type, LinearKind kind) {
  if (kind == LinearKind::int8) return LinearInput(ops::int8_layer_norm_modulate(x, scale, shift, eps, type));
  return {ops::layer_norm_modulate(x, scale, shift, eps, type), kind};
}

LinearInput LinearInput::normed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                double eps, at::ScalarType type, LinearKind kind) {
  if (kind == LinearKind::int8) return LinearInput(ops::int8_layer_norm_affine(x, weight, bias, eps, type));
  return {ops::layer_norm_affine(x, weight, bias, eps, type), kind};
}

namespace {
/// A layer's weights where the checkpoint has them in int8.
std::optional<ops::Int8Matrix> stored_int8(const Parameters& parameters, const std::string& name,
                                           std::int64_t out, std::int64_t in) {
  // A layer that has a scale and no plain weight lacks its int8 one.
  if (!parameters.contains(name + ".int8_weight") &&
      (parameters.contains(name + ".weight") || !parameters.contains(name + ".scale")))
    return std::nullopt;
  const auto blocks = [](std::int64_t size) { return (size + 127) / 128; };
  return ops::Int8Matrix{parameters.get_int8(name + ".int8_weight", {out, in}),
                         parameters.get_f32(name + ".scale", {blocks(out), blocks(in)})};
}
}  // namespace

Linear Linear::load(const Parameters& parameters, const std::string& name, std::int64_t out,
                    std::int64_t in) {
  const at::Tensor bias = parameters.get(name + ".bias", {out});
  if (const auto stored = stored_int8(parameters, name, out, in)) {
    if (parameters.only_looks_up()) return {stored->values, bias};
    return {ops::int8_dequantise(*stored, parameters.compute_type()), bias};
  }
  return {parameters.get(name + ".weight", {out, in}), bias};
}

Linear Linear::load_int8(const Parameters& parameters, const std::string& name, std::int64_t out,
                         std::int64_t in) {
  Linear layer;
  layer.bias_ = parameters.get(name + ".bias", {out});
  const auto stored = stored_int8(parameters, name, out, in);
  const at::Tensor plain = stored ? at::Tensor() : parameters.get_stored(name + ".weight", {out, in});
  if (parameters.only_looks_up()) return layer;
  // Quantised from the stored values: a checkpoint in fp32 does not pass through bf16.
  layer.int8_ = ops::Int8Weight(stored ? *stored : ops::int8_quantise(plain));
  if (parameters.device().is_cpu() && ops::has_fast_int8()) parameters.drop_pages(name + ".");
  return layer;
}

at::Tensor Linear::operator()(const LinearInput& x) const {
  return int8_.defined() ? ops::int8_linear(x.int8_, int8_, bias_) : ops::linear(x.x_, weight_, bias_);
}

LinearInput Linear::gelu(const LinearInput& x) const {
  if (int8_.defined()) return LinearInput(ops::int8_linear_gelu(x.int8_, int8_, bias_));
  return {ops::gelu_tanh_(ops::linear(x.x_, weight_, bias_)), LinearKind::plain};
}

void Linear::add_to(at::Tensor& residual, const LinearInput& x, const at::Tensor& gate) const {
  if (int8_.defined()) return ops::int8_linear_add_(residual, x.int8_, int8_, bias_, gate);
  const at::Tensor y = (*this)(x);
  gate.defined() ? ops::add_gated_(residual, y, gate) : ops::add_(residual, y);
}

}  // namespace turbodiff::model
