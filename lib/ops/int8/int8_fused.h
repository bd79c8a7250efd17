// The operators around int8 linear layers in a transformer block, with activations quantised while they are
// in the cache: the intermediate values never reach memory. Results equal those of the separate operators,
// bit for bit. Reference: the fused norm and quantisation kernels of thu-ml/TurboDiffusion, ops/.
#pragma once

#include "ops/int8/int8_linear.h"

namespace turbodiff::ops {

/// Int8Input(layer_norm_modulate(x, scale, shift, eps, type)).
Int8Input int8_layer_norm_modulate(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                                   double eps, at::ScalarType type);
/// Int8Input(layer_norm_affine(x, weight, bias, eps, type)).
Int8Input int8_layer_norm_affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 double eps, at::ScalarType type);

/// Int8Input(gelu_tanh_(int8_linear(x, weight, bias))).
Int8Input int8_linear_gelu(const Int8Input& x, const Int8Weight& weight, const at::Tensor& bias);

/// add_gated_(residual, int8_linear(x, weight, bias), gate), or add_() where `gate` is undefined. In place;
/// residual [B, L, N] fp32.
void int8_linear_add_(at::Tensor& residual, const Int8Input& x, const Int8Weight& weight,
                      const at::Tensor& bias, const at::Tensor& gate);

}  // namespace turbodiff::ops
