#include "model/wan_vae.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "core/os/signals.h"
#include "model/agreed_size.h"
#include "model/vae_layers.h"
#include "ops/causal_conv3d.h"
#include "ops/channel_norm.h"

namespace turbodiff::model {

namespace {

/// The latent statistics as [1, z, 1, 1, 1] fp32.
at::Tensor channel_constant(const std::array<float, 16>& values, at::Device device) {
  return at::tensor(at::ArrayRef<float>(values.data(), values.size())).view({1, -1, 1, 1, 1}).to(device);
}

/// conv1, a row of layers, the middle, and the head: norm, SiLU, convolution. Both halves have this shape.
struct Stack {
  CausalConv first;
  std::vector<std::unique_ptr<VaeLayer>> before, after;
  at::Tensor head_norm;
  CausalConv head;

  at::Tensor run(const at::Tensor& x, VaeHistory& history, Trace* trace, std::int64_t chunk,
                 const char* after_name) const {
    const auto keep = [&](const std::string& name, const at::Tensor& value) {
      if (trace != nullptr) (*trace)[fmt::format("{}.chunk{}", name, chunk)] = value.to(at::kFloat).clone();
    };
    at::Tensor h = first(x, history);
    keep("conv1", h);
    for (const auto& layer : before) {
      core::throw_if_interrupted();  // a chunk of a large video takes minutes
      h = layer->forward(h, history);
    }
    keep("middle", h);
    for (std::size_t i = 0; i < after.size(); ++i) {
      core::throw_if_interrupted();
      h = after[i]->forward(h, history);
      keep(fmt::format("{}{}", after_name, i), h);
    }
    return head(ops::channel_norm(h, head_norm, /*silu=*/true), history);
  }
};

/// 1x1x1 convolution between latent channels.
struct Pointwise {
  at::Tensor weight, bias;
  Pointwise(const Parameters& parameters, const std::string& name, std::int64_t channels)
      : weight(parameters.get(name + ".weight", {channels, channels, 1, 1, 1})),
        bias(parameters.get(name + ".bias", {channels})) {}
  at::Tensor operator()(const at::Tensor& x) const { return ops::conv3d(x, weight, bias, {0, 0}); }
};

/// Channels that the first convolution of a half makes of its input.
std::int64_t first_width(const Parameters& parameters, const std::string& half) {
  const std::string first = half == "decoder" ? "decoder.middle.0" : "encoder.downsamples.0";
  return agreed_size(parameters.checkpoint(), {{half + ".conv1.weight", 5, 0},
                                               {half + ".conv1.bias", 1, 0},
                                               {first + ".residual.2.weight", 5, 1}})
      .value_or(any_size);
}

/// `half` is "decoder" or "encoder"; `in` and `out` its channels at both ends.
Stack load_stack(const Parameters& parameters, const std::string& half, std::int64_t in, std::int64_t out) {
  const bool decoder = half == "decoder";
  const auto row = [&](const char* name, VaeRow kind, std::int64_t channels) {
    return load_vae_layers(parameters, fmt::format("{}.{}.", half, name), kind, channels);
  };
  Stack stack;
  std::int64_t width = first_width(parameters, half);
  stack.first = CausalConv(parameters, half + ".conv1", width, in, {});
  stack.before =
      decoder ? row("middle", VaeRow::middle, width) : row("downsamples", VaeRow::downsamples, width);
  width = stack.before.back()->channels();
  stack.after = decoder ? row("upsamples", VaeRow::upsamples, width) : row("middle", VaeRow::middle, width);
  width = stack.after.back()->channels();
  stack.head_norm = parameters.get_vector(half + ".head.0.gamma", width);
  stack.head = CausalConv(parameters, half + ".head.2", out, width, {});
  return stack;
}

constexpr std::int64_t colours = 3;

}  // namespace

class VaeDecoder {
 public:
  VaeDecoder(const Parameters& p, std::int64_t z)
      : conv2(p, "conv2", z), stack(load_stack(p, "decoder", z, colours)) {}
  Pointwise conv2;
  Stack stack;
};

/// The encoder gives mean and logarithm of the variance of every latent channel.
class VaeEncoder {
 public:
  VaeEncoder(const Parameters& p, std::int64_t z)
      : conv1(p, "conv1", 2 * z), stack(load_stack(p, "encoder", colours, 2 * z)) {}
  Pointwise conv1;
  Stack stack;
};

WanVae::WanVae(const Parameters& parameters, const VaeConfig& config, Parts parts)
    : config_(config), type_(parameters.compute_type()), device_(parameters.device()) {
  if (parts != Parts::encoder) decoder_ = std::make_unique<VaeDecoder>(parameters, config.z_dim);
  if (parts != Parts::decoder) encoder_ = std::make_unique<VaeEncoder>(parameters, config.z_dim);
}
WanVae::~WanVae() = default;
WanVae::WanVae(WanVae&&) noexcept = default;
WanVae& WanVae::operator=(WanVae&&) noexcept = default;

void WanVae::decode(const at::Tensor& latent, const OnVideoChunk& on_chunk, Trace* trace) const {
  const c10::InferenceMode inference;
  if (!decoder_) throw Error::work_failed("the VAE was loaded without its decoder");
  if (latent.dim() != 5 || latent.size(1) != config_.z_dim)
    throw Error::bad_request(
        fmt::format("a latent of {} channels does not fit a VAE of {}", latent.size(1), config_.z_dim));
  const at::Tensor z = latent.to(device_, at::kFloat) * channel_constant(wan21_latent_std, device_) +
                       channel_constant(wan21_latent_mean, device_);
  const at::Tensor x = decoder_->conv2(z.to(type_));
  VaeHistory history;
  for (std::int64_t t = 0; t < x.size(2); ++t)
    on_chunk(decoder_->stack
                 .run(x.narrow(2, t, 1).contiguous(at::MemoryFormat::ChannelsLast3d), history, trace, t, "up")
                 .to(at::kFloat));
}

at::Tensor WanVae::decode(const at::Tensor& latent, Trace* trace) const {
  std::vector<at::Tensor> chunks;
  decode(
      latent, [&](const at::Tensor& chunk) { chunks.push_back(chunk); }, trace);
  return at::cat(chunks, 2);
}

at::Tensor WanVae::encode_mean(const at::Tensor& video) const {
  const c10::InferenceMode inference;
  if (!encoder_) throw Error::work_failed("the VAE was loaded without its encoder");
  const std::int64_t group = config_.temporal_factor;
  if (video.dim() != 5 || (video.size(2) - 1) % group != 0 || video.size(3) % config_.spatial_factor != 0 ||
      video.size(4) % config_.spatial_factor != 0)
    throw Error::bad_request(
        fmt::format("a video of {} frames, {}x{} pixels cannot be encoded: frames must be {}k+1, "
                    "width and height multiples of {}",
                    video.size(2), video.size(4), video.size(3), group, config_.spatial_factor));
  VaeHistory history;
  std::vector<at::Tensor> chunks;
  for (std::int64_t begin = 0, frames = 1; begin < video.size(2); begin += frames, frames = group) {
    const at::Tensor x =
        video.narrow(2, begin, frames).to(device_, type_).contiguous(at::MemoryFormat::ChannelsLast3d);
    chunks.push_back(encoder_->stack.run(x, history, nullptr, 0, "middle"));
  }
  return encoder_->conv1(at::cat(chunks, 2)).narrow(1, 0, config_.z_dim).to(at::kFloat).contiguous();
}

at::Tensor WanVae::encode(const at::Tensor& video) const {
  const at::Tensor mean = encode_mean(video);
  return (mean - channel_constant(wan21_latent_mean, device_)) / channel_constant(wan21_latent_std, device_);
}

}  // namespace turbodiff::model
