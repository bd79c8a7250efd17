#include "model/umt5_encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "ops/attention.h"
#include "ops/gelu.h"
#include "ops/linear.h"
#include "ops/one_thread.h"
#include "ops/residual.h"
#include "ops/rms_norm.h"

namespace turbodiff::model {

at::Tensor relative_position_bucket(const at::Tensor& relative, std::int64_t buckets,
                                    std::int64_t max_distance) {
  // LibTorch's vector functions may differ from its scalar ones at the ends of what each thread is given.
  const ops::OneThread alone;
  const std::int64_t half = buckets / 2, exact = half / 2;
  const at::Tensor distance = relative.abs();
  const auto log_ratio =
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const at::Tensor far = (at::log(distance.clamp_min(1).to(at::kFloat) / static_cast<float>(exact)) /
                          log_ratio * static_cast<float>(half - exact))
                             .to(at::kLong) +
                         exact;
  const at::Tensor bucket = at::where(distance < exact, distance, far.clamp_max(half - 1));
  return bucket + (relative > 0).to(at::kLong) * half;
}

namespace {

/// A tensor of a layer: how it is shaped, and whether it is taken in fp32 or in the compute type.
struct LayerTensor {
  std::string_view name;
  Parameters::Shape shape;
  bool f32 = false;
};

/// All that a layer has; encode() can ask for nothing else.
std::vector<LayerTensor> layer_tensors(const TextEncoderConfig& config) {
  const std::int64_t dim = config.dim, attn = config.dim_attn, ffn = config.dim_ffn;
  return {{"norm1.weight", {dim}, true},
          {"attn.q.weight", {attn, dim}},
          {"attn.k.weight", {attn, dim}},
          {"attn.v.weight", {attn, dim}},
          {"attn.o.weight", {dim, attn}},
          {"pos_embedding.embedding.weight", {config.buckets, config.heads}, true},
          {"norm2.weight", {dim}, true},
          {"ffn.gate.0.weight", {ffn, dim}},
          {"ffn.fc1.weight", {ffn, dim}},
          {"ffn.fc2.weight", {dim, ffn}}};
}

}  // namespace

Umt5Encoder::Umt5Encoder(Parameters parameters, TextEncoderConfig config)
    : parameters_(std::move(parameters)), config_(config) {}

at::Tensor Umt5Encoder::weight(std::int64_t layer, std::string_view name) const {
  for (const LayerTensor& tensor : layer_tensors(config_)) {
    if (tensor.name != name) continue;
    const std::string full = fmt::format("blocks.{}.{}", layer, name);
    return tensor.f32 ? parameters_.get_f32(full, tensor.shape) : parameters_.get(full, tensor.shape);
  }
  throw Error::work_failed(fmt::format("the text encoder has no tensor '{}'", name));
}

void Umt5Encoder::look_up() const {
  parameters_.find("token_embedding.weight", {config_.vocab, config_.dim});
  for (std::int64_t layer = 0; layer < config_.layers; ++layer)
    for (const LayerTensor& tensor : layer_tensors(config_)) weight(layer, tensor.name);
  parameters_.get_f32("norm.weight", {config_.dim});
}

at::Tensor Umt5Encoder::embed(const at::Tensor& ids) const {
  const auto& view = *parameters_.find("token_embedding.weight", {config_.vocab, config_.dim});
  if (view.block != weights::BlockFormat::none)
    return parameters_.get_f32("token_embedding.weight", {config_.vocab, config_.dim}).index({ids});
  return wrap(view)
      .index_select(0, ids.flatten().cpu())
      .to(at::kFloat)
      .view({ids.size(0), ids.size(1), config_.dim})
      .to(parameters_.device());
}

at::Tensor Umt5Encoder::attend(std::int64_t layer, const at::Tensor& h, const at::Tensor& bias) const {
  const std::int64_t attn = config_.dim_attn, heads = config_.heads;
  const auto project = [&](const char* name) {
    return ops::linear(h, weight(layer, name), {}).view({h.size(0), h.size(1), heads, attn / heads});
  };
  const at::Tensor mixed = ops::attention(project("attn.q.weight"), project("attn.k.weight"),
                                          project("attn.v.weight"), bias, /*scale=*/1.0);
  return ops::linear(mixed.flatten(2), weight(layer, "attn.o.weight"), {});
}

at::Tensor Umt5Encoder::encode(const at::Tensor& ids, const std::vector<std::int64_t>& lengths,
                               const std::function<void(std::int64_t, std::int64_t)>& on_layer,
                               Trace* trace) const {
  const c10::InferenceMode inference;
  const std::int64_t length = *std::max_element(lengths.begin(), lengths.end());
  const at::Tensor used = ids.slice(1, 0, length).to(at::kLong);
  if (used.numel() == 0 || used.min().item<std::int64_t>() < 0 ||
      used.max().item<std::int64_t>() >= config_.vocab)
    throw Error::bad_request(fmt::format("the tokenizer gives ids that '{}' has no embedding for (it has {})",
                                         parameters_.checkpoint().path().string(), config_.vocab),
                             "use the tokenizer that belongs to the text encoder");
  const auto type = parameters_.compute_type();
  const auto options = at::TensorOptions().device(parameters_.device());

  const at::Tensor positions = at::arange(length, at::kLong);
  const at::Tensor bucket =
      relative_position_bucket(positions.unsqueeze(0) - positions.unsqueeze(1), config_.buckets,
                               config_.max_distance);  // [L, L], column minus row
  at::Tensor mask;                                     // [B, 1, 1, L]: masked keys get the lowest value
  if (std::any_of(lengths.begin(), lengths.end(), [&](std::int64_t n) { return n < length; })) {
    mask = at::zeros({ids.size(0), 1, 1, length}, at::kFloat);
    for (std::size_t b = 0; b < lengths.size(); ++b)
      mask[static_cast<std::int64_t>(b)].slice(-1, lengths[b]).fill_(std::numeric_limits<float>::lowest());
  }

  at::Tensor x = embed(used);  // [B, L, dim] fp32
  for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
    const std::string prefix = fmt::format("blocks.{}.", layer);
    const at::Tensor table = weight(layer, "pos_embedding.embedding.weight").cpu();
    at::Tensor bias = table.index({bucket}).permute({2, 0, 1}).unsqueeze(0).contiguous();  // [1, H, L, L]
    if (trace != nullptr) (*trace)[fmt::format("block{}.position_bias", layer)] = bias;
    if (mask.defined()) bias = bias + mask;
    bias = bias.to(options);

    const auto norm = [&](const char* name) {
      return ops::rms_norm(x, weight(layer, name), config_.eps, type);
    };
    ops::add_(x, attend(layer, norm("norm1.weight"), bias));
    const at::Tensor h = norm("norm2.weight");
    const at::Tensor gate = ops::linear(h, weight(layer, "ffn.gate.0.weight"), {});
    const at::Tensor up = ops::linear(h, weight(layer, "ffn.fc1.weight"), {});
    ops::add_(x, ops::linear(ops::gelu_tanh_mul_(gate, up), weight(layer, "ffn.fc2.weight"), {}));
    if (trace != nullptr) (*trace)[fmt::format("block{}.out", layer)] = x.clone();
    parameters_.drop_pages(prefix);
    if (on_layer) on_layer(layer + 1, config_.layers);
  }
  return ops::rms_norm(x, parameters_.get_f32("norm.weight", {config_.dim}), config_.eps, at::kFloat);
}

}  // namespace turbodiff::model
