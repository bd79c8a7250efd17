// GELU with the tanh approximation: x / 2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
// (Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016).
#pragma once

#include <ATen/core/Tensor.h>

namespace turbodiff::ops {

/// In place; any shape and float type. Returns x.
at::Tensor gelu_tanh_(at::Tensor x);

/// gate <- gelu_tanh(gate) * up, in place (the gated feed-forward of umT5). Returns gate.
at::Tensor gelu_tanh_mul_(at::Tensor gate, const at::Tensor& up);

}  // namespace turbodiff::ops
