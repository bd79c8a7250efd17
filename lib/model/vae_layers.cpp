#include "model/vae_layers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "ops/attention.h"
#include "ops/causal_conv3d.h"
#include "ops/channel_norm.h"
#include "ops/linear.h"

namespace turbodiff::model {

namespace {

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

}  // namespace

at::Tensor load_gamma(const Parameters& parameters, const std::string& name) {
  return parameters.get_f32(name, parameters.checkpoint().at(name).shape).flatten();
}

at::Tensor load_any(const Parameters& parameters, const std::string& name) {
  return parameters.get(name, parameters.checkpoint().at(name).shape);
}

CausalConv::CausalConv(const Parameters& parameters, const std::string& name)
    : name_(name),
      weight_(load_any(parameters, name + ".weight")),
      bias_(load_any(parameters, name + ".bias")) {
  if (weight_.dim() != 5 || bias_.dim() != 1 || bias_.size(0) != weight_.size(0))
    throw Error::bad_request(fmt::format("tensor '{}.weight' in '{}' is no 3-D convolution", name,
                                         parameters.checkpoint().path().string()));
}

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

VaeResidualBlock::VaeResidualBlock(const Parameters& parameters, const std::string& prefix)
    : norm1_(load_gamma(parameters, prefix + ".residual.0.gamma")),
      norm2_(load_gamma(parameters, prefix + ".residual.3.gamma")),
      conv1_(parameters, prefix + ".residual.2"),
      conv2_(parameters, prefix + ".residual.6"),
      has_shortcut_(parameters.contains(prefix + ".shortcut.weight")) {
  if (has_shortcut_) shortcut_ = CausalConv(parameters, prefix + ".shortcut");
}

at::Tensor VaeResidualBlock::forward(const at::Tensor& x, VaeHistory& history) const {
  at::Tensor h = conv1_(ops::channel_norm(x, norm1_, /*silu=*/true), history);
  h = conv2_(ops::channel_norm(h, norm2_, /*silu=*/true), history);
  return h.add_(has_shortcut_ ? shortcut_(x, history) : x);
}

VaeAttentionBlock::VaeAttentionBlock(const Parameters& parameters, const std::string& prefix)
    : norm_(load_gamma(parameters, prefix + ".norm.gamma")),
      qkv_weight_(load_any(parameters, prefix + ".to_qkv.weight").flatten(1)),
      qkv_bias_(load_any(parameters, prefix + ".to_qkv.bias")),
      proj_weight_(load_any(parameters, prefix + ".proj.weight").flatten(1)),
      proj_bias_(load_any(parameters, prefix + ".proj.bias")) {}

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

VaeDownsample::VaeDownsample(const Parameters& parameters, const std::string& prefix)
    : name_(prefix),
      weight_(load_any(parameters, prefix + ".resample.1.weight")),
      bias_(load_any(parameters, prefix + ".resample.1.bias")) {
  if (!parameters.contains(prefix + ".time_conv.weight")) return;
  time_weight_ = load_any(parameters, prefix + ".time_conv.weight");
  time_bias_ = load_any(parameters, prefix + ".time_conv.bias");
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

VaeUpsample::VaeUpsample(const Parameters& parameters, const std::string& prefix)
    : name_(prefix),
      weight_(load_any(parameters, prefix + ".resample.1.weight")),
      bias_(load_any(parameters, prefix + ".resample.1.bias")) {
  if (parameters.contains(prefix + ".time_conv.weight"))
    time_conv_ = std::make_unique<CausalConv>(parameters, prefix + ".time_conv");
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

std::vector<std::unique_ptr<VaeLayer>> load_vae_layers(const Parameters& parameters,
                                                       const std::string& prefix, bool decoder) {
  std::vector<std::unique_ptr<VaeLayer>> layers;
  for (int i = 0;; ++i) {
    const std::string name = fmt::format("{}{}", prefix, i);
    if (parameters.contains(name + ".residual.0.gamma"))
      layers.push_back(std::make_unique<VaeResidualBlock>(parameters, name));
    else if (parameters.contains(name + ".to_qkv.weight"))
      layers.push_back(std::make_unique<VaeAttentionBlock>(parameters, name));
    else if (parameters.contains(name + ".resample.1.weight") && decoder)
      layers.push_back(std::make_unique<VaeUpsample>(parameters, name));
    else if (parameters.contains(name + ".resample.1.weight"))
      layers.push_back(std::make_unique<VaeDownsample>(parameters, name));
    else
      break;
  }
  if (layers.empty())
    throw Error::bad_request(fmt::format("tensor '{}0.residual.0.gamma' is missing in '{}'", prefix,
                                         parameters.checkpoint().path().string()));
  return layers;
}

}  // namespace turbodiff::model
