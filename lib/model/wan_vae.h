// The Wan2.1 video autoencoder: causal 3-D convolutions, 8x8 pixels and 4 frames a latent element. Video goes
// in and out in causal chunks (one frame first, then groups of four, one latent frame each), so that memory
// does not grow with length: every causal convolution keeps the last two frames it saw and uses them as the
// past. Reference: wan/modules/vae.py in Wan-Video/Wan2.1 (Wan Team, "Wan", 2025).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>

#include "model/parameters.h"
#include "model/umt5_encoder.h"
#include "model/wan_config.h"

namespace turbodiff::model {

class VaeDecoder;
class VaeEncoder;

/// Receives [B, 3, t, H, W] fp32, unclamped: one frame at first, then four a call.
using OnVideoChunk = std::function<void(const at::Tensor&)>;

class WanVae {
 public:
  enum class Parts { decoder, encoder, both };

  /// Loads the halves asked for.
  WanVae(const Parameters& parameters, const VaeConfig& config, Parts parts);
  ~WanVae();
  WanVae(WanVae&&) noexcept;
  WanVae& operator=(WanVae&&) noexcept;

  /// latent [B, z, T, h, w] fp32, normalised; calls `on_chunk` T times, with 8h x 8w pixels.
  void decode(const at::Tensor& latent, const OnVideoChunk& on_chunk, Trace* trace = nullptr) const;
  /// The same in one piece: [B, 3, 4T-3, 8h, 8w] fp32.
  at::Tensor decode(const at::Tensor& latent, Trace* trace = nullptr) const;

  /// video [B, 3, 4k+1, H, W] in [-1, 1], H and W multiples of 8 -> posterior mean [B, z, k+1, H/8, W/8]
  /// fp32.
  at::Tensor encode_mean(const at::Tensor& video) const;
  /// (mean - latent mean) / latent std: what the diffusion transformer works on.
  at::Tensor encode(const at::Tensor& video) const;

  const VaeConfig& config() const { return config_; }

 private:
  VaeConfig config_;
  at::ScalarType type_;
  at::Device device_;
  std::unique_ptr<VaeDecoder> decoder_;
  std::unique_ptr<VaeEncoder> encoder_;
};

}  // namespace turbodiff::model
