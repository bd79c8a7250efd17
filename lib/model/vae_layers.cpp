#include "model/vae_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "model/agreed_size.h"
#include "ops/attention.h"
#include "ops/causal_conv3d.h"
#include "ops/channel_norm.h"
#include "ops/linear.h"

namespace turbodiff::model {

namespace {

/// More than any published network has.
constexpr std::int64_t most_layers = 256;
constexpr auto channels_last_3d = at::MemoryFormat::ChannelsLast3d;

/// [B, C, T, H, W] -> [B*T, C, H, W], channels last; no copy where the memory allows.
at::Tensor frames_of(const at::Tensor& x) {
  return x.permute({0, 2, 3, 4, 1})
      .reshape({x.size(0) * x.size(2), x.size(3), x.size(4), x.size(1)})
      .permute({0, 3, 1, 2});
}

/// The inverse of frames_of.
at::Tensor video_of(const at::Tensor& frames, std::int64_t batch) {
  return frames.permute({0, 2, 3, 1})
      .reshape({batch, frames.size(0) / batch, frames.size(2), frames.size(3), frames.size(1)})
      .permute({0, 4, 1, 2, 3});
}

at::Tensor join_frames(const at::Tensor& past, const at::Tensor& x) {
  return at::cat({past, x}, 2).contiguous(channels_last_3d);
}

/// The last `count` frames, in memory of their own so that the rest can go.
at::Tensor last_frames(const at::Tensor& x, std::int64_t count) {
  return x.slice(2, x.size(2) - count).clone(channels_last_3d);
}

/// Whether the file has anything of a part of the network.
bool has_any(const Parameters& parameters, const std::string& prefix) {
  const auto& names = parameters.checkpoint().names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

/// Wan2.1 halves the channels with every step up; a decoder that does otherwise must be at one about it.
std::int64_t upsampled_width(const Parameters& parameters, const std::string& prefix, std::int64_t channels) {
  const auto shown = [&](const std::string& name, std::size_t rank) {
    return agreed_size(parameters.checkpoint(), {{prefix + name, rank, 0}}).value_or(channels / 2);
  };
  const std::int64_t weight = shown(".resample.1.weight", 4), bias = shown(".resample.1.bias", 1);
  return weight == bias ? weight : channels / 2;
}

}  // namespace

CausalConv::CausalConv(const Parameters& parameters, const std::string& name, std::int64_t out,
                       std::int64_t in, Kernel kernel)
    : name_(name),
      weight_(parameters.get(name + ".weight", {out, in, kernel.frames, kernel.rows, kernel.columns})),
      bias_(parameters.get(name + ".bias", {out})) {}

at::Tensor CausalConv::operator()(const at::Tensor& x, VaeHistory& history, std::int64_t stride_t) const {
  const std::int64_t past_frames = weight_.size(2) - 1;
  const std::array<std::int64_t, 2> padding{weight_.size(3) / 2, weight_.size(4) / 2};
  if (past_frames == 0) return ops::conv3d(x, weight_, bias_, padding, stride_t);
  at::Tensor& past = history[name_];
  if (!past.defined())
    past = at::zeros({x.size(0), x.size(1), past_frames, x.size(3), x.size(4)}, x.options());
  const at::Tensor joined = join_frames(past, x);
  past = last_frames(joined, past_frames);
  return ops::conv3d(joined, weight_, bias_, padding, stride_t);
}

VaeResidualBlock::VaeResidualBlock(const Parameters& parameters, const std::string& prefix,
                                   std::int64_t channels)
    : channels_(agreed_size(parameters.checkpoint(), {{prefix + ".residual.2.weight", 5, 0},
                                                      {prefix + ".residual.2.bias", 1, 0},
                                                      {prefix + ".residual.6.weight", 5, 0},
                                                      {prefix + ".residual.6.weight", 5, 1},
                                                      {prefix + ".residual.6.bias", 1, 0}})
                    .value_or(channels)),
      norm1_(parameters.get_vector(prefix + ".residual.0.gamma", channels)),
      norm2_(parameters.get_vector(prefix + ".residual.3.gamma", channels_)),
      conv1_(parameters, prefix + ".residual.2", channels_, channels, {}),
      conv2_(parameters, prefix + ".residual.6", channels_, channels_, {}),
      has_shortcut_(channels != channels_ || has_any(parameters, prefix + ".shortcut.")) {
  if (has_shortcut_) shortcut_ = CausalConv(parameters, prefix + ".shortcut", channels_, channels, {1, 1, 1});
}

at::Tensor VaeResidualBlock::forward(const at::Tensor& x, VaeHistory& history) const {
  at::Tensor h = conv1_(ops::channel_norm(x, norm1_, /*silu=*/true), history);
  h = conv2_(ops::channel_norm(h, norm2_, /*silu=*/true), history);
  return h.add_(has_shortcut_ ? shortcut_(x, history) : x);
}

VaeAttentionBlock::VaeAttentionBlock(const Parameters& parameters, const std::string& prefix,
                                     std::int64_t channels)
    : channels_(channels),
      norm_(parameters.get_vector(prefix + ".norm.gamma", channels)),
      qkv_weight_(parameters.get(prefix + ".to_qkv.weight", {3 * channels, channels, 1, 1}).flatten(1)),
      qkv_bias_(parameters.get(prefix + ".to_qkv.bias", {3 * channels})),
      proj_weight_(parameters.get(prefix + ".proj.weight", {channels, channels, 1, 1}).flatten(1)),
      proj_bias_(parameters.get(prefix + ".proj.bias", {channels})) {}

at::Tensor VaeAttentionBlock::forward(const at::Tensor& x, VaeHistory&) const {
  const at::Tensor frames = frames_of(ops::channel_norm(x, norm_, /*silu=*/false));
  const std::int64_t count = frames.size(0), channels = x.size(1), positions = x.size(3) * x.size(4);
  const at::Tensor rows = frames.permute({0, 2, 3, 1}).reshape({count, positions, channels});
  const at::Tensor qkv = ops::linear(rows, qkv_weight_, qkv_bias_).view({count, positions, 3, 1, channels});
  const at::Tensor mixed = ops::attention(qkv.select(2, 0), qkv.select(2, 1), qkv.select(2, 2)).flatten(2);
  const at::Tensor out = ops::linear(mixed, proj_weight_, proj_bias_)
                             .view({count, x.size(3), x.size(4), channels})
                             .permute({0, 3, 1, 2});
  return video_of(out, x.size(0)).add_(x);
}

VaeDownsample::VaeDownsample(const Parameters& parameters, const std::string& prefix, std::int64_t channels)
    : channels_(channels),
      name_(prefix),
      weight_(parameters.get(prefix + ".resample.1.weight", {channels, channels, 3, 3})),
      bias_(parameters.get(prefix + ".resample.1.bias", {channels})) {
  if (!has_any(parameters, prefix + ".time_conv.")) return;
  time_weight_ = parameters.get(prefix + ".time_conv.weight", {channels, channels, 3, 1, 1});
  time_bias_ = parameters.get(prefix + ".time_conv.bias", {channels});
}

at::Tensor VaeDownsample::forward(const at::Tensor& x, VaeHistory& history) const {
  const at::Tensor padded = at::constant_pad_nd(frames_of(x), {0, 1, 0, 1});
  const at::Tensor y = video_of(ops::conv2d(padded, weight_, bias_, /*padding=*/0, /*stride=*/2), x.size(0));
  if (!time_weight_.defined()) return y;
  at::Tensor& last = history[name_];
  const at::Tensor before = std::exchange(last, last_frames(y, 1));
  if (!before.defined()) return y;  // the first frame has nothing to be merged with
  return ops::conv3d(join_frames(before, y), time_weight_, time_bias_, {0, 0}, /*stride_t=*/2);
}

VaeUpsample::VaeUpsample(const Parameters& parameters, const std::string& prefix, std::int64_t channels)
    : channels_(upsampled_width(parameters, prefix, channels)),
      name_(prefix),
      weight_(parameters.get(prefix + ".resample.1.weight", {channels_, channels, 3, 3})),
      bias_(parameters.get(prefix + ".resample.1.bias", {channels_})) {
  if (has_any(parameters, prefix + ".time_conv."))
    time_conv_ = std::make_unique<CausalConv>(parameters, prefix + ".time_conv", 2 * channels, channels,
                                              CausalConv::Kernel{3, 1, 1});
}

at::Tensor VaeUpsample::forward(const at::Tensor& x, VaeHistory& history) const {
  at::Tensor h = x;
  if (time_conv_ && history.contains(name_)) {
    const at::Tensor doubled = (*time_conv_)(x, history);  // [B, 2C, T, H, W]: even frames, then odd ones
    const std::int64_t channels = doubled.size(1) / 2;
    h = at::stack({doubled.narrow(1, 0, channels), doubled.narrow(1, channels, channels)}, 3)
            .flatten(2, 3)
            .contiguous(channels_last_3d);
  } else {
    history[name_] = at::Tensor();  // the first latent frame gives one frame; the next sees no past
  }
  const at::Tensor frames = frames_of(h);
  const at::Tensor large =
      at::upsample_nearest2d(frames, at::IntArrayRef{2 * frames.size(2), 2 * frames.size(3)});
  return video_of(ops::conv2d(large, weight_, bias_, /*padding=*/1), x.size(0));
}

namespace {

enum class LayerKind : std::uint8_t { absent, residual, attention, resample };

LayerKind kind_of(const Parameters& parameters, const std::string& name) {
  if (has_any(parameters, name + ".residual.")) return LayerKind::residual;
  if (has_any(parameters, name + ".to_qkv.") || has_any(parameters, name + ".proj."))
    return LayerKind::attention;
  if (has_any(parameters, name + ".resample.") || has_any(parameters, name + ".time_conv."))
    return LayerKind::resample;
  return LayerKind::absent;
}

/// One more than the highest N of the names `prefix`N.
std::int64_t count_layers(const Parameters& parameters, const std::string& prefix) {
  std::int64_t count = 0;
  for (const std::string& name : parameters.checkpoint().names()) {
    if (!name.starts_with(prefix)) continue;
    std::int64_t number = -1;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    count = std::max(count, number + 1);
  }
  return std::min(count, most_layers);
}

/// What each layer is. Where a file has lost whole layers, the regular build of the network says what they
/// were: in the middle a residual block, attention, a residual block; else stages of equal length.
std::vector<LayerKind> layer_kinds(const Parameters& parameters, const std::string& prefix, VaeRow row) {
  std::vector<LayerKind> kinds(static_cast<std::size_t>(count_layers(parameters, prefix)));
  for (std::size_t i = 0; i < kinds.size(); ++i)
    kinds[i] = kind_of(parameters, fmt::format("{}{}", prefix, i));
  if (row == VaeRow::middle) {
    kinds.resize(std::max<std::size_t>(kinds.size(), 3));
    for (std::size_t i = 0; i < kinds.size(); ++i)
      if (kinds[i] == LayerKind::absent) kinds[i] = i == 1 ? LayerKind::attention : LayerKind::residual;
    return kinds;
  }
  std::size_t period = 0;  // layers of a stage, with the change of size behind it
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (kinds[i] == LayerKind::resample) period = std::gcd(period, i + 1);
  if (period > 0) kinds.resize(std::max(kinds.size(), (kinds.size() / period + 1) * period - 1));
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (kinds[i] == LayerKind::absent)
      kinds[i] = period > 0 && (i + 1) % period == 0 ? LayerKind::resample : LayerKind::residual;
  if (kinds.empty()) kinds.push_back(LayerKind::residual);
  return kinds;
}

std::unique_ptr<VaeLayer> load_layer(const Parameters& parameters, const std::string& name, LayerKind kind,
                                     VaeRow row, std::int64_t channels) {
  if (kind == LayerKind::attention) return std::make_unique<VaeAttentionBlock>(parameters, name, channels);
  if (kind != LayerKind::resample) return std::make_unique<VaeResidualBlock>(parameters, name, channels);
  if (row == VaeRow::downsamples) return std::make_unique<VaeDownsample>(parameters, name, channels);
  return std::make_unique<VaeUpsample>(parameters, name, channels);
}

}  // namespace

std::vector<std::unique_ptr<VaeLayer>> load_vae_layers(const Parameters& parameters,
                                                       const std::string& prefix, VaeRow row,
                                                       std::int64_t channels) {
  std::vector<std::unique_ptr<VaeLayer>> layers;
  for (const LayerKind kind : layer_kinds(parameters, prefix, row)) {
    layers.push_back(load_layer(parameters, fmt::format("{}{}", prefix, layers.size()), kind, row, channels));
    channels = layers.back()->channels();
  }
  return layers;
}

}  // namespace turbodiff::model
