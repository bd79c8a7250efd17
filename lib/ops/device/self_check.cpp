#include "ops/device/self_check.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "ops/channel_norm.h"
#include "ops/device/int8_ops.h"
#include "ops/device/norm_ops.h"
#include "ops/device/sla.h"
#include "ops/layer_norm.h"
#include "ops/rms_norm.h"

namespace turbodiff::ops::device {

namespace {

/// Numbers between -1 and 1 without a pattern that a wrong index would not show; no generator's state is
/// touched.
at::Tensor numbers(at::IntArrayRef shape, double seed, at::ScalarType type = at::kFloat) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  const at::Tensor steps = at::arange(count, at::kDouble) + 1;
  return ((steps * (12.9898 + seed)).sin() * 43758.5453).frac().view(shape).to(type);
}

/// Throws work_failed where `got` is not `want` but for `tolerance` of its length.
void require_close(const char* what, const at::Tensor& got, const at::Tensor& want, double tolerance) {
  const at::Tensor a = got.cpu().to(at::kDouble), b = want.to(at::kDouble);
  const double off = (a - b).norm().item<double>() / std::max(b.norm().item<double>(), 1e-30);
  if (!(off <= tolerance))
    throw Error::work_failed(
        fmt::format("{}: {:.2g} off the operator, at most {:.2g} is right", what, off, tolerance));
}
void require_equal(const char* what, const Int8Matrix& got, const Int8Matrix& want) {
  require_close(what, got.values, want.values, 0);
  require_close(what, got.scales, want.scales, 1e-6);
}

struct Check {
  const KernelSet& kernels;
  c10::Device device;
  at::Tensor there(const at::Tensor& x) const { return x.to(device); }
  Int8Matrix there(const Int8Matrix& x) const { return {there(x.values), there(x.scales)}; }
};

/// Rounded values may differ in the last bit where the device's own functions do.
constexpr double bf16_tolerance = 2e-3;

void check_int8(const Check& on) {
  constexpr std::int64_t rows = 150, k = 272, n = 136;
  const at::Tensor x = numbers({rows, k}, 0.1), narrow = x.to(at::kBFloat16),
                   bias = numbers({n}, 0.2, at::kBFloat16);
  const Int8Matrix weight = reference::int8_quantise(numbers({n, k}, 0.3)),
                   input = reference::int8_quantise(narrow);
  require_equal("block_quant", block_quantise(on.kernels, on.there(narrow)), input);
  require_equal("block_quant of fp32", block_quantise(on.kernels, on.there(x)), reference::int8_quantise(x));

  const at::Tensor mul = numbers({2, k}, 0.4), add = numbers({2, k}, 0.5);
  const at::Tensor normed = reference::layer_norm_modulate(
      x.view({1, rows, k}), (mul - 1).view({1, 2, k}).repeat_interleave(rows / 2, 1),
      add.view({1, 2, k}).repeat_interleave(rows / 2, 1), 1e-6, at::kBFloat16);
  const Int8Matrix got = norm_quantise(on.kernels, on.there(x), on.there(mul), on.there(add), rows / 2, 1e-6);
  const Int8Matrix want = reference::int8_quantise(normed.view({rows, k}));
  require_close("norm_mod_quant", got.values, want.values, 3e-3);
  require_close("norm_mod_quant", got.scales, want.scales, 1e-2);

  const at::Tensor y = reference::int8_linear(narrow, weight, bias);
  const Int8Matrix input_there = on.there(input), weight_there = on.there(weight);
  require_close("w8a8_gemm", multiply(on.kernels, input_there, weight_there, on.there(bias)), y, 1e-4);
  const at::Tensor gate = numbers({1, 2, n}, 0.6), before = numbers({1, rows, n}, 0.7);
  at::Tensor residual = on.there(before.clone());
  multiply_add_(on.kernels, residual, input_there, weight_there, on.there(bias), on.there(gate));
  require_close("w8a8_gemm with residual", residual,
                before + y.to(at::kFloat).view({1, rows, n}) * gate.repeat_interleave(rows / 2, 1), 1e-4);
  const Int8Matrix active = multiply_gelu(on.kernels, input_there, weight_there, on.there(bias));
  const Int8Matrix active_want =
      reference::int8_quantise(at::gelu(y.to(at::kFloat), "tanh").to(at::kBFloat16));
  require_close("w8a8_gemm with GELU", active.values, active_want.values, 5e-3);
  require_close("w8a8_gemm with GELU", active.scales, active_want.scales, 1e-2);
}

/// Inputs of one attention, and what the operators make of them.
struct SlaCase {
  static constexpr std::int64_t length = 150, heads = 2, d = kernels::sagesla_dim, half = d / 2;
  static at::Tensor operand(double seed) { return numbers({1, length, heads, d}, seed, at::kBFloat16); }
  static QkNorm make_norm() {
    const at::Tensor angles = numbers({length, half}, 0.6) * 3;
    return {numbers({heads * d}, 0.7) + 2, numbers({heads * d}, 0.8) + 2, 1e-6, angles.cos(), angles.sin()};
  }
  at::Tensor normed(const at::Tensor& x, const at::Tensor& weight) const {
    return reference::rms_norm_rope(x.flatten(2), weight, norm.eps, norm.cos, norm.sin).view(x.sizes());
  }

  const at::Tensor q = operand(0.1), k = operand(0.2), v = operand(0.3);
  const SlaProjection projection{numbers({d, d}, 0.4) * 0.1, numbers({d}, 0.5)};
  const QkNorm norm = make_norm();
  const at::Tensor normed_q = normed(q, norm.q_weight), normed_k = normed(k, norm.k_weight);
};

void check_attention(const Check& on, const SlaOptions& options, ValueType values, double tolerance) {
  const SlaCase c;
  const at::Tensor want = reference::sla_attention(c.normed_q, c.normed_k, c.v, c.projection, options);
  const SlaProjection projection{on.there(c.projection.weight), on.there(c.projection.bias)};
  const QkNorm norm{on.there(c.norm.q_weight), on.there(c.norm.k_weight), c.norm.eps, on.there(c.norm.cos),
                    on.there(c.norm.sin)};
  const at::Tensor v = on.there(c.v);
  require_close("sagesla_fwd",
                sla(on.kernels, on.there(c.normed_q), on.there(c.normed_k), v, projection, options, values),
                want, tolerance);
  require_close("qk_norm_rope",
                normed_sla(on.kernels, on.there(c.q), on.there(c.k), v, norm, projection, options, values),
                want, tolerance);
}

void check_sla(const Check& on) {
  check_attention(on, {.tiling = {128, 64}, .topk = 0.7, .int8_scores = true}, ValueType::fp16, 0.01);
  check_attention(on, {.tiling = {64, 128}, .topk = 0.7, .int8_scores = true}, ValueType::fp16, 0.01);
  check_attention(on, {.tiling = {128, 64}, .topk = 0.7}, ValueType::fp16, 0.01);
}

void check_e4m3(const Check& on) {
  if (!on.kernels.has_e4m3()) throw Error::work_failed("this GPU has no products of e4m3");
  check_attention(on, {.tiling = {128, 64}, .topk = 0.7, .int8_scores = true}, ValueType::e4m3, 0.05);
}

void check_norms(const Check& on) {
  constexpr std::int64_t rows = 21, heads = 3, d = 22, dim = heads * d;
  const at::Tensor x = numbers({1, rows, dim}, 0.1), weight = numbers({dim}, 0.2), bias = numbers({dim}, 0.3);
  require_close("layer_norm",
                layer_norm(on.kernels, on.there(x), on.there(weight), on.there(bias), rows, 1e-6, at::kFloat),
                reference::layer_norm_affine(x, weight, bias, 1e-6, at::kFloat), 1e-5);
  const at::Tensor angles = numbers({rows, d / 2}, 0.4) * 3, cos = angles.cos(), sin = angles.sin();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor y = x.to(type);
    const double tolerance = type == at::kFloat ? 1e-5 : bf16_tolerance;
    require_close("rms_norm", rms_norm(on.kernels, on.there(y), on.there(weight), 1e-6, type, {}, {}),
                  reference::rms_norm(y, weight, 1e-6, type), tolerance);
    require_close(
        "rms_norm with rotation",
        rms_norm(on.kernels, on.there(y), on.there(weight), 1e-6, type, on.there(cos), on.there(sin)),
        reference::rms_norm_rope(y, weight, 1e-6, cos, sin), tolerance);
  }
  for (const std::int64_t channels : {96, 37}) {
    const at::Tensor pixels = numbers({67, channels}, 0.1, at::kBFloat16), gamma = numbers({channels}, 0.2);
    for (const bool silu : {false, true})
      require_close("channel_norm", channel_norm(on.kernels, on.there(pixels), on.there(gamma), silu),
                    reference::channel_norm(pixels, gamma, silu), bf16_tolerance);
  }
}

}  // namespace

std::string self_check(const KernelSet& kernels, c10::Device device, Group group) {
  const Check on{kernels, device};
  try {
    switch (group) {
      case Group::norms:
        check_norms(on);
        break;
      case Group::int8_layers:
        check_int8(on);
        break;
      case Group::sla:
        check_sla(on);
        break;
      case Group::e4m3_values:
        check_e4m3(on);
        break;
    }
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace turbodiff::ops::device
