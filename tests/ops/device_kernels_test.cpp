// Operators through the kernels of kernels/ on the emulator: what a GPU's tensors go through, but for the
// GPU.
#include "ops/channel_norm.h"
#include "ops/device/kernels_for.h"
#include "ops/emulated_kernels.h"
#include "ops/gelu.h"
#include "ops/int8/int8_fused.h"
#include "ops/layer_norm.h"
#include "ops/op_testing.h"
#include "ops/rms_norm.h"
#include "ops/sla.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

at::Tensor bf16(at::IntArrayRef shape, std::uint64_t seed) {
  return random(shape, seed).to(at::kBFloat16);
}

/// A product that shows every value of `x`.
at::Tensor shown(const ops::Int8Input& x) {
  const std::int64_t k = x.sizes().back();
  return ops::int8_linear(x, ops::Int8Weight(ops::reference::int8_quantise(at::eye(k))), {});
}

}  // namespace

TEST_CASE("int8 layers through the kernels are int8 layers") {
  struct Shape {
    std::int64_t batch, length, n, k;
  };
  for (const auto& [batch, length, n, k] :
       {Shape{1, 130, 136, 256}, Shape{2, 70, 200, 300}, Shape{1, 1, 72, 48}}) {
    CAPTURE(n);
    CAPTURE(k);
    const at::Tensor x = random({batch, length, k}, 1) * 3 + 1, scale = random({batch, 1, k}, 2),
                     shift = random({batch, 1, k}, 3), bias = bf16({n}, 4), gate = random({batch, 1, n}, 5),
                     affine = random({k}, 6), before = random({batch, length, n}, 7);
    const ops::Int8Matrix quantised = ops::reference::int8_quantise(random({n, k}, 8));
    at::Tensor residual = before.clone(), ungated = before.clone(), y, active, modulated, normed;
    const EmulatedKernels kernels;
    {
      const ops::device::ScopedKernels scoped_kernels(kernels);
      const ops::Int8Weight weight(quantised);
      const ops::Int8Input input(x.to(at::kBFloat16));
      y = ops::int8_linear(input, weight, bias);
      active = shown(ops::int8_linear_gelu(input, weight, bias));
      ops::int8_linear_add_(residual, input, weight, bias, gate);
      ops::int8_linear_add_(ungated, input, weight, {}, {});
      modulated = shown(ops::int8_layer_norm_modulate(x, scale, shift, 1e-6, at::kBFloat16));
      normed = shown(ops::int8_layer_norm_affine(x, affine, affine, 1e-6, at::kBFloat16));
    }
    CHECK(kernels.multiplied == 7);
    CHECK(kernels.quantised == 3);
    const at::Tensor narrow = x.to(at::kBFloat16),
                     want = ops::reference::int8_linear(narrow, quantised, bias), wide = want.to(at::kFloat),
                     unbiased = ops::reference::int8_linear(narrow, quantised, {}).to(at::kFloat);
    CHECK(same_bits(y, want));
    CHECK(rel_l2(residual, before + wide * gate) < 1e-6);
    CHECK(rel_l2(ungated, before + unbiased) < 1e-6);
    const auto values = [&](const at::Tensor& of) { return shown(ops::Int8Input(of)); };
    CHECK(rel_l2(active, values(at::gelu(wide, "tanh").to(at::kBFloat16))) < 5e-3);
    CHECK(rel_l2(modulated,
                 values(ops::reference::layer_norm_modulate(x, scale, shift, 1e-6, at::kBFloat16))) < 5e-3);
    CHECK(rel_l2(normed, values(ops::reference::layer_norm_affine(x, affine, affine, 1e-6, at::kBFloat16))) <
          5e-3);
  }
}

TEST_CASE("int8 weights as plain ones are values times scales") {
  const at::Tensor x = random({150, 200}, 1);
  const ops::Int8Matrix matrix = ops::reference::int8_quantise(x);
  const at::Tensor plain = ops::int8_dequantise(matrix, at::kFloat);
  CHECK(rel_l2(plain, x) < 0.01);
  CHECK(plain[149][199].item<float>() ==
        matrix.values[149][199].item<std::int8_t>() * matrix.scales[1][1].item<float>());
  CHECK(error_of([&] {
          ops::int8_dequantise({matrix.values, matrix.scales[0]}, at::kFloat);
        }).code() == ErrorCode::bad_request);
}

TEST_CASE("int8 layers that the kernels do not round alike do not go to them") {
  const EmulatedKernels kernels;
  const ops::device::ScopedKernels scoped_kernels(kernels);
  const ops::Int8Matrix quantised = ops::reference::int8_quantise(random({40, 64}, 1));
  const at::Tensor x = random({1, 9, 64}, 2);
  CHECK(same_bits(ops::int8_linear(ops::Int8Input(x), ops::Int8Weight(quantised), {}),
                  ops::reference::int8_linear(x, quantised, {})));
  CHECK(kernels.multiplied == 0);
  CHECK_THROWS_AS(
      ops::int8_linear_gelu(ops::Int8Input(x.to(at::kBFloat16)),
                            ops::Int8Weight(ops::reference::int8_quantise(random({40, 65}, 1))), {}),
      Error);
}

TEST_CASE("sparse-linear attention through the kernels is the operator's") {
  struct Case {
    std::int64_t batch, length, heads;
    double topk;
    ops::BlockTiling tiling;
    bool int8;
  };
  for (const auto& [batch, length, heads, topk, tiling, int8] :
       {Case{2, 150, 2, 0.7, {128, 64}, true}, Case{1, 200, 1, 0.5, {64, 128}, true},
        Case{1, 1, 1, 0.1, {128, 64}, true}, Case{2, 150, 2, 0.7, {128, 64}, false}}) {
    CAPTURE(length);
    constexpr std::int64_t d = 128;
    const at::Tensor q = bf16({batch, length, heads, d}, 1), k = bf16({batch, length, heads, d}, 2),
                     v = bf16({batch, length, heads, d}, 3), angles = random({length, d / 2}, 4);
    const ops::SlaProjection projection{random({d, d}, 5) * 0.1, random({d}, 6)};
    const ops::QkNorm norm{random({heads * d}, 7) + 2, random({heads * d}, 8) + 2, 1e-6, angles.cos(),
                           angles.sin()};
    const ops::SlaOptions options{.tiling = tiling, .topk = topk, .int8_scores = int8};
    const EmulatedKernels kernels;
    at::Tensor plain, normed;
    {
      const ops::device::ScopedKernels scoped_kernels(kernels);
      plain = ops::sla_attention(q, k, v, projection, options);
      normed = ops::normed_sla_attention(q, k, v, norm, projection, options);
    }
    CHECK(kernels.attended == 2);
    const auto rotated = [&](const at::Tensor& x, const at::Tensor& weight) {
      return ops::reference::rms_norm_rope(x.flatten(2), weight, 1e-6, norm.cos, norm.sin).view(x.sizes());
    };
    CHECK(rel_l2(plain, ops::reference::sla_attention(q, k, v, projection, options)) < 0.01);
    CHECK(rel_l2(normed, ops::reference::sla_attention(rotated(q, norm.q_weight), rotated(k, norm.k_weight),
                                                       v, projection, options)) < 0.01);
    CHECK(rel_l2(normed, ops::normed_sla_attention(q, k, v, norm, projection, options)) < 0.01);
  }
}

TEST_CASE("SageSLA with values in e4m3 stays close to that in fp16") {
  const at::Tensor q = bf16({1, 200, 1, 128}, 1), k = bf16({1, 200, 1, 128}, 2),
                   v = bf16({1, 200, 1, 128}, 3);
  const ops::SlaProjection projection{random({128, 128}, 5) * 0.1, random({128}, 6)};
  const ops::SlaOptions options{.topk = 0.5, .int8_scores = true};
  EmulatedKernels kernels;
  const ops::device::ScopedKernels scoped_kernels(kernels);
  const at::Tensor fp16 = ops::sla_attention(q, k, v, projection, options);
  kernels.e4m3 = true;
  const double apart = rel_l2(ops::sla_attention(q, k, v, projection, options), fp16);
  CHECK(apart > 1e-4);
  CHECK(apart < 0.05);
}

TEST_CASE("sparse attention that the kernels do not know does not go to them") {
  const EmulatedKernels kernels;
  const ops::device::ScopedKernels scoped_kernels(kernels);
  const auto attend = [&](std::int64_t d, at::ScalarType type, const ops::SlaOptions& options) {
    const at::Tensor x = random({1, 70, 1, d}, 1).to(type);
    return ops::sla_attention(x, x, x, {random({d, d}, 2), random({d}, 3)}, options);
  };
  attend(64, at::kBFloat16, {.int8_scores = true});
  attend(128, at::kFloat, {.int8_scores = true});
  attend(128, at::kBFloat16, {.tiling = {64, 128}});
  attend(128, at::kBFloat16, {.tiling = {64, 64}, .int8_scores = true});
  attend(128, at::kBFloat16, {.int8_scores = true, .feature_map = ops::FeatureMap::elu});
  CHECK(kernels.attended == 0);
  attend(128, at::kBFloat16, {.int8_scores = true});
  attend(128, at::kBFloat16, {});
  CHECK(kernels.attended == 2);
}

TEST_CASE("norms through the kernels are norms") {
  const at::Tensor x = random({2, 30, 66}, 1), scale = random({2, 1, 66}, 2), shift = random({2, 30, 66}, 3),
                   weight = random({66}, 4), angles = random({30, 11}, 5), cos = angles.cos(),
                   sin = angles.sin();
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [&](at::Device, at::ScalarType type) {
    const at::Tensor y = x.to(type);
    const EmulatedKernels kernels;
    at::Tensor modulated, each, affine, rms, rotated;
    {
      const ops::device::ScopedKernels scoped_kernels(kernels);
      modulated = ops::layer_norm_modulate(x, scale, scale, 1e-6, type);
      each = ops::layer_norm_modulate(x, shift, shift, 1e-6, type);
      affine = ops::layer_norm_affine(x, weight, weight, 1e-6, type);
      rms = ops::rms_norm(y, weight, 1e-6, type);
      rotated = ops::rms_norm_rope(y, weight, 1e-6, cos, sin);
    }
    CHECK(kernels.normed == 5);
    CHECK(rel_l2(modulated, ops::reference::layer_norm_modulate(x, scale, scale, 1e-6, type)) <
          tolerance(type));
    CHECK(rel_l2(each, ops::reference::layer_norm_modulate(x, shift, shift, 1e-6, type)) < tolerance(type));
    CHECK(rel_l2(affine, ops::reference::layer_norm_affine(x, weight, weight, 1e-6, type)) < tolerance(type));
    CHECK(rel_l2(rms, ops::reference::rms_norm(y, weight, 1e-6, type)) < tolerance(type));
    CHECK(rel_l2(rotated, ops::reference::rms_norm_rope(y, weight, 1e-6, cos, sin)) < tolerance(type));
  });
}

TEST_CASE("the video decoder's norm through the kernel is the norm") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const std::int64_t channels : {96, 384, 33}) {
      const at::Tensor
          x = (random({1, channels, 2, 3, 5}, 1) * 2).to(type).contiguous(at::MemoryFormat::ChannelsLast3d),
          gamma = random({channels}, 2);
      const EmulatedKernels kernels;
      at::Tensor y;
      {
        const ops::device::ScopedKernels scoped_kernels(kernels);
        y = ops::channel_norm(x, gamma, true);
      }
      CHECK(kernels.normed == 1);
      CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast3d));
      CHECK(rel_l2(y, ops::reference::channel_norm(x, gamma, true)) < tolerance(type));
    }
}
