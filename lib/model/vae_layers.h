// The building blocks of the Wan2.1 video autoencoder. Activations are [B, C, T, H, W], channels last in
// memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/parameters.h"

namespace turbodiff::model {

/// Past frames of every causal layer of one run, by the layer's name. Empty at the start of a video.
using VaeHistory = std::map<std::string, at::Tensor>;

/// 3-D convolution without future frames: kt - 1 past frames come from the history, zeros at the start.
class CausalConv {
 public:
  /// The number of frames, rows and columns.
  struct Kernel {
    std::int64_t frames = 3, rows = 3, columns = 3;
  };
  CausalConv() = default;
  CausalConv(const Parameters& parameters, const std::string& name, std::int64_t out, std::int64_t in,
             Kernel kernel);
  at::Tensor operator()(const at::Tensor& x, VaeHistory& history, std::int64_t stride_t = 1) const;

 private:
  std::string name_;
  at::Tensor weight_, bias_;
};

/// A layer that may keep history. Constructors take the number of input channels.
class VaeLayer {
 public:
  virtual ~VaeLayer() = default;
  virtual at::Tensor forward(const at::Tensor& x, VaeHistory& history) const = 0;
  /// The number of output channels.
  virtual std::int64_t channels() const = 0;
};

/// RMS norm, SiLU, causal conv, twice, plus a shortcut.
class VaeResidualBlock final : public VaeLayer {
 public:
  VaeResidualBlock(const Parameters& parameters, const std::string& prefix, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x, VaeHistory& history) const override;
  std::int64_t channels() const override { return channels_; }

 private:
  std::int64_t channels_;
  at::Tensor norm1_, norm2_;
  CausalConv conv1_, conv2_;
  bool has_shortcut_;
  CausalConv shortcut_;
};

/// Self-attention over the H*W positions of each frame, one head, scale 1/sqrt(C).
class VaeAttentionBlock final : public VaeLayer {
 public:
  VaeAttentionBlock(const Parameters& parameters, const std::string& prefix, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x, VaeHistory& history) const override;
  std::int64_t channels() const override { return channels_; }

 private:
  std::int64_t channels_;
  at::Tensor norm_, qkv_weight_, qkv_bias_, proj_weight_, proj_bias_;
};

/// Halves rows and columns, then, where the layer has a time convolution, the frames.
class VaeDownsample final : public VaeLayer {
 public:
  VaeDownsample(const Parameters& parameters, const std::string& prefix, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x, VaeHistory& history) const override;
  std::int64_t channels() const override { return channels_; }

 private:
  std::int64_t channels_;
  std::string name_;
  at::Tensor weight_, bias_, time_weight_, time_bias_;
};

/// Doubles the frames where the layer has a time convolution, then rows and columns.
class VaeUpsample final : public VaeLayer {
 public:
  VaeUpsample(const Parameters& parameters, const std::string& prefix, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x, VaeHistory& history) const override;
  std::int64_t channels() const override { return channels_; }

 private:
  std::int64_t channels_;
  std::string name_;
  at::Tensor weight_, bias_;
  std::unique_ptr<CausalConv> time_conv_;
};

/// The layers `prefix`0, `prefix`1, ... in order, `channels` into the first; their kinds follow from the
/// tensors each has. `row`: where they are a row of stages, residual blocks with a change of size after each
/// stage but the last, all of the same length.
enum class VaeRow : std::uint8_t { middle, downsamples, upsamples };
std::vector<std::unique_ptr<VaeLayer>> load_vae_layers(const Parameters& parameters,
                                                       const std::string& prefix, VaeRow row,
                                                       std::int64_t channels);

}  // namespace turbodiff::model
