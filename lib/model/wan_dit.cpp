#include "model/wan_dit.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "ops/gelu.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"
#include "ops/patchify.h"

namespace turbodiff::model {

at::Tensor sinusoidal_embedding(const at::Tensor& t, std::int64_t dim) {
  const at::Tensor exponents = at::arange(dim / 2, at::kDouble) / -static_cast<double>(dim / 2);
  const at::Tensor angles = t.to(at::kDouble).cpu().unsqueeze(1) * at::pow(10000.0, exponents);
  return at::cat({angles.cos(), angles.sin()}, 1).to(at::kFloat);
}

namespace {
Linear load_f32(const Parameters& parameters, const std::string& name, std::int64_t out, std::int64_t in) {
  return {parameters.get_f32(name + ".weight", {out, in}), parameters.get_f32(name + ".bias", {out})};
}

/// Number of trailing rows of [B, L, D] that are zero in every sample.
std::int64_t trailing_zero_rows(const at::Tensor& context) {
  const at::Tensor used = (context != 0).any(-1).any(0).to(at::kCPU);  // [L]
  std::int64_t rows = used.size(0);
  const bool* row_used = used.const_data_ptr<bool>();
  while (rows > 0 && !row_used[rows - 1]) --rows;
  return used.size(0) - rows;
}
}  // namespace

WanDit::WanDit(const Parameters& parameters, const DitConfig& config, const OnBlock& on_block,
               std::optional<LinearKind> kind)
    : config_(config),
      type_(parameters.compute_type()),
      device_(parameters.device()),
      kind_(kind.value_or(config.int8_linear ? LinearKind::int8 : LinearKind::plain)) {
  const std::int64_t dim = config.dim;
  const std::int64_t patch = config.patch[0] * config.patch[1] * config.patch[2];
  patch_embedding_ = Linear::load(parameters, "patch_embedding", dim, config.in_dim * patch);
  text_in_ = Linear::load(parameters, "text_embedding.0", dim, config.text_dim);
  text_out_ = Linear::load(parameters, "text_embedding.2", dim, dim);
  time_in_ = load_f32(parameters, "time_embedding.0", dim, config.freq_dim);
  time_out_ = load_f32(parameters, "time_embedding.2", dim, dim);
  time_projection_ = load_f32(parameters, "time_projection.1", 6 * dim, dim);
  head_ = load_f32(parameters, "head.head", config.out_dim * patch, dim);
  head_modulation_ = parameters.get_f32("head.modulation", {1, 2, dim});
  blocks_.reserve(static_cast<std::size_t>(config.layers));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    blocks_.emplace_back(parameters, config, i, kind_);
    if (on_block) on_block(i + 1, config.layers);
  }
}

void WanDit::set_attention(const SelfAttention& attention) {
  for (WanBlock& block : blocks_) block.set_attention(attention);
}

WanDit::Text WanDit::embed_text(const at::Tensor& context) const {
  const c10::InferenceMode inference;
  const bool int8 = kind_ == LinearKind::int8;
  const std::int64_t length = context.size(1), padding = trailing_zero_rows(context);
  // Padding rows in the same int8 block as others; the blocks of a batch run into each other.
  const bool collapse = padding > 1 && !(int8 && context.size(0) > 1);
  const std::int64_t used = length - padding;
  const std::int64_t together = int8 ? std::min(length, (used + 127) / 128 * 128) - used : padding;
  const std::int64_t apart = padding - together;

  Text text;
  const std::int64_t rows = collapse ? used + std::min<std::int64_t>(together, 1) : length;
  const at::Tensor embedded = text_out_(ops::gelu_tanh_(
      text_in_(context.slice(1, 0, rows + (collapse && apart > 0)).to(device_, type_).contiguous())));
  text.embedded = embedded.slice(1, 0, std::max<std::int64_t>(rows, 1));
  for (const WanBlock& block : blocks_) {
    TextKeysValues projected = rows > 0 ? block.project_text(embedded.slice(1, 0, rows)) : TextKeysValues{};
    if (collapse && apart > 0) {
      const TextKeysValues padding_row = block.project_text(embedded.slice(1, rows, rows + 1));
      projected = rows > 0 ? TextKeysValues{at::cat({projected.keys, padding_row.keys}, 1),
                                            at::cat({projected.values, padding_row.values}, 1)}
                           : padding_row;
    }
    text.blocks.push_back(std::move(projected));
  }
  if (collapse) {
    text.bias = at::zeros({1, 1, 1, text.blocks.front().keys.size(1)}, at::kFloat);
    const auto weigh = [&](std::int64_t row, std::int64_t count) {
      text.bias.select(-1, row).fill_(std::log(static_cast<double>(count)));
    };
    if (together > 0) weigh(used, together);
    if (apart > 0) weigh(text.bias.size(-1) - 1, apart);
    text.bias = text.bias.to(device_);
  }
  return text;
}

at::Tensor WanDit::forward(const at::Tensor& x, const at::Tensor& timesteps, const Text& text,
                           const OnBlock& on_block, Trace* trace) const {
  const c10::InferenceMode inference;
  const auto& patch = config_.patch;
  const std::int64_t frames = x.size(2), height = x.size(3), width = x.size(4);
  if (x.size(1) != config_.in_dim || frames % patch[0] != 0 || height % patch[1] != 0 ||
      width % patch[2] != 0)
    throw Error::bad_request(
        fmt::format("a latent of {} channels, {}x{}x{} does not fit a network of {} channels "
                    "and {}x{}x{} patches",
                    x.size(1), frames, height, width, config_.in_dim, patch[0], patch[1], patch[2]));
  const auto keep = [&](const std::string& name, const at::Tensor& value) {
    if (trace != nullptr) (*trace)[name] = value.to(at::kFloat).clone();
  };

  at::Tensor tokens = patch_embedding_(ops::patchify(x.to(device_, type_), patch))
                          .to(at::kFloat)
                          .contiguous();  // [B, L, dim]
  keep("patch_embed", tokens);
  const at::Tensor e =
      time_out_(at::silu(time_in_(sinusoidal_embedding(timesteps, config_.freq_dim).to(device_))));
  const at::Tensor e0 = time_projection_(at::silu(e));  // [B, 6 dim]
  keep("time_embed", e);
  keep("time_proj", e0);
  keep("text_embed", text.embedded);

  const ops::RopeTable rope =
      ops::rope_table(frames / patch[0], height / patch[1], width / patch[2], config_.head_dim(), device_);
  const at::Tensor modulation = e0.view({e0.size(0), 6, config_.dim});
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].forward(tokens, modulation, rope, text.blocks[i], text.bias, trace,
                       fmt::format("block{}.", i));
    if (on_block) on_block(static_cast<std::int64_t>(i) + 1, config_.layers);
  }

  const at::Tensor h = head_modulation_ + e.unsqueeze(1);  // [B, 2, dim]
  const at::Tensor out =
      head_(ops::layer_norm_modulate(tokens, h.narrow(1, 1, 1), h.narrow(1, 0, 1), config_.eps, at::kFloat));
  return ops::unpatchify(out, patch, frames, height, width);
}

}  // namespace turbodiff::model
