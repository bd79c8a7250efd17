#include "pipeline/estimate.h"

#include <fmt/format.h>

#include <algorithm>

namespace turbodiff::pipeline {

LatentShape latent_shape(const model::VaeConfig& vae, int frames, int width, int height) {
  return {vae.z_dim, vae.latent_frames(frames), height / vae.spatial_factor, width / vae.spatial_factor};
}

std::int64_t token_count(const model::DitConfig& dit, const LatentShape& latent) {
  return latent[1] / dit.patch[0] * (latent[2] / dit.patch[1]) * (latent[3] / dit.patch[2]);
}

double dit_flops(const model::DitConfig& dit, std::int64_t tokens, std::int64_t text_tokens, double seen) {
  const auto d = static_cast<double>(dit.dim);
  const auto n = static_cast<double>(tokens), s = static_cast<double>(text_tokens);
  const double attention = 4 * d * (n * seen + s);
  return dit_linear_flops(dit, tokens) + n * static_cast<double>(dit.layers) * attention;
}

double dit_linear_flops(const model::DitConfig& dit, std::int64_t tokens) {
  const auto d = static_cast<double>(dit.dim), f = static_cast<double>(dit.ffn_dim);
  const double a_token = 2 * (6 * d * d + 2 * d * f);  // self q, k, v, o; cross q, o; feed-forward
  return static_cast<double>(tokens) * static_cast<double>(dit.layers) * a_token;
}

double text_encoder_flops(const model::TextEncoderConfig& config, std::int64_t tokens) {
  const auto d = static_cast<double>(config.dim), a = static_cast<double>(config.dim_attn);
  const auto f = static_cast<double>(config.dim_ffn), n = static_cast<double>(tokens);
  return n * static_cast<double>(config.layers) * (2 * (4 * d * a + 3 * d * f) + 4 * a * n);
}

namespace {

/// Walks the decoder's layers with the size of the video at each. visit(name prefix, frames, rows, columns).
template <typename Visit>
void walk_decoder(const weights::Checkpoint& vae, const LatentShape& latent, const Visit& visit) {
  auto frames = static_cast<double>(latent[1]), rows = static_cast<double>(latent[2]),
       columns = static_cast<double>(latent[3]);
  visit("conv2", frames, rows, columns);
  visit("decoder.conv1", frames, rows, columns);
  visit("decoder.middle.", frames, rows, columns);
  for (int i = 0;; ++i) {
    const std::string prefix = fmt::format("decoder.upsamples.{}.", i);
    if (vae.contains(prefix + "resample.1.weight")) {
      if (vae.contains(prefix + "time_conv.weight")) {
        visit(prefix + "time_conv", frames, rows, columns);
        frames = 2 * frames - 1;
      }
      rows *= 2;
      columns *= 2;
      visit(prefix + "resample", frames, rows, columns);
    } else if (vae.contains(prefix + "residual.2.weight")) {
      visit(prefix, frames, rows, columns);
    } else {
      break;
    }
  }
  visit("decoder.head.", frames, rows, columns);
}

}  // namespace

double vae_decode_flops(const weights::Checkpoint& vae, const LatentShape& latent) {
  double flops = 0;
  walk_decoder(vae, latent, [&](const std::string& prefix, double frames, double rows, double columns) {
    for (const std::string& name : vae.names()) {
      const auto* view = vae.find(name);
      if (name.starts_with(prefix) && view->shape.size() >= 4 && name.ends_with("weight"))
        flops += 2 * static_cast<double>(view->numel()) * frames * rows * columns;
    }
  });
  return flops;
}

Traffic dit_traffic(const model::DitConfig& dit, std::int64_t tokens, std::int64_t element_bytes) {
  // A block's operators, and how often the rows of its width and of its feed-forward pass through memory.
  constexpr double operators = 40, of_dim = 30, of_ffn = 4;
  const auto layers = static_cast<double>(dit.layers), e = static_cast<double>(element_bytes);
  const double row = of_dim * static_cast<double>(dit.dim) + of_ffn * static_cast<double>(dit.ffn_dim);
  return {layers * static_cast<double>(tokens) * row * e, layers * operators};
}

Traffic text_encoder_traffic(const model::TextEncoderConfig& config, std::int64_t tokens,
                             std::int64_t element_bytes) {
  constexpr double operators = 30, of_dim = 20, of_ffn = 6;
  const auto layers = static_cast<double>(config.layers), e = static_cast<double>(element_bytes);
  const auto d = static_cast<double>(config.dim), a = static_cast<double>(config.dim_attn),
             f = static_cast<double>(config.dim_ffn);
  // Every weight is read once, however few tokens there are.
  const double weights = 4 * d * a + 3 * d * f, row = of_dim * d + of_ffn * f;
  return {layers * (weights + static_cast<double>(tokens) * row) * e, layers * operators};
}

Traffic vae_decode_traffic(const weights::Checkpoint& vae, const LatentShape& latent,
                           std::int64_t element_bytes) {
  // Around a convolution its input is normed, joined with the past frames and kept, its output added.
  constexpr double passes = 4, operators = 8;
  const auto latent_frames = static_cast<double>(latent[1]);
  Traffic traffic;
  walk_decoder(vae, latent, [&](const std::string& prefix, double frames, double rows, double columns) {
    for (const std::string& name : vae.names()) {
      const auto* view = vae.find(name);
      if (!name.starts_with(prefix) || view->shape.size() < 4 || !name.ends_with("weight")) continue;
      const double channels = static_cast<double>(view->shape[0]) + static_cast<double>(view->shape[1]);
      traffic.bytes += passes * channels * frames * rows * columns * static_cast<double>(element_bytes);
      traffic.operators += operators * latent_frames;  // a latent frame at a time
    }
  });
  return traffic;
}

double dit_memory(const model::DitConfig& dit, std::int64_t tokens, std::int64_t element_bytes,
                  double held_weight_bytes) {
  const auto d = static_cast<double>(dit.dim), f = static_cast<double>(dit.ffn_dim);
  const auto e = static_cast<double>(element_bytes);
  const double residual = 4 * d;
  const double attention = 8 * d * e;               // norm, q, k, v, rotated q and k, mixed, projected
  const double feed_forward = (2 * f + 2 * d) * e;  // hidden before and after, norm, out
  return held_weight_bytes + static_cast<double>(tokens) * (residual + std::max(attention, feed_forward));
}

double vae_decode_memory(const weights::Checkpoint& vae, const LatentShape& latent,
                         std::int64_t element_bytes) {
  // One latent frame at a time: the widest activation, of which about six are alive (input, padded input, two
  // intermediates, output, oneDNN's scratch), and the two past frames every causal convolution keeps.
  const LatentShape one{latent[0], 2, latent[2], latent[3]};
  double widest = 0, history = 0;
  walk_decoder(vae, one, [&](const std::string& prefix, double frames, double rows, double columns) {
    const double chunk = frames - 1;  // frames the second latent frame adds here
    for (const std::string& name : vae.names()) {
      const auto* view = vae.find(name);
      if (!name.starts_with(prefix) || view->shape.size() < 4 || !name.ends_with("weight")) continue;
      const auto in = static_cast<double>(view->shape[1]), out = static_cast<double>(view->shape[0]);
      widest = std::max(widest, std::max(in, out) * chunk * rows * columns);
      if (view->shape.size() == 5 && view->shape[2] == 3) history += 2 * in * rows * columns;
    }
  });
  return (6 * widest + history) * static_cast<double>(element_bytes);
}

double text_encoder_memory(const model::TextEncoderConfig& config, std::int64_t tokens,
                           std::int64_t element_bytes) {
  const auto d = static_cast<double>(config.dim), a = static_cast<double>(config.dim_attn),
             f = static_cast<double>(config.dim_ffn), n = static_cast<double>(tokens);
  const double layer = (4 * d * a + 3 * d * f) * static_cast<double>(element_bytes);
  const double activations = n * (8 * d + 2 * f) * 4 + 3 * static_cast<double>(config.heads) * n * n * 4;
  return layer + activations;
}

double weight_bytes(const weights::Checkpoint& checkpoint, std::int64_t element_bytes) {
  double total = 0;
  for (const std::string& name : checkpoint.names())
    total += static_cast<double>(checkpoint.find(name)->numel()) * static_cast<double>(element_bytes);
  return total;
}

}  // namespace turbodiff::pipeline
