// umT5 text encoder. Per layer, with RMS norms before each half and a relative position table of its own:
//   x += O softmax(q k^T + bias[bucket(j - i)]) v          (no 1/sqrt(d))
//   x += W2 (gelu_tanh(Wg h) * W1 h)
// Chung et al., "UniMax", 2023 (umT5); Raffel et al., "Exploring the Limits of Transfer Learning", 2020 (T5).
// Reference: wan/modules/t5.py in Wan-Video/Wan2.1.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/parameters.h"
#include "model/wan_config.h"

namespace turbodiff::model {

/// Intermediate tensors by name, from which a caller can find the first wrong layer.
using Trace = std::map<std::string, at::Tensor>;

/// Bucket of every relative position: `relative` int64, any shape -> int64 of the same shape in [0, buckets).
at::Tensor relative_position_bucket(const at::Tensor& relative, std::int64_t buckets,
                                    std::int64_t max_distance);

/// Runs the encoder layer by layer over the mapped file: one layer's weights are resident at a time, so that
/// the 11 GB of umT5-xxl never are at once.
class Umt5Encoder {
 public:
  Umt5Encoder(Parameters parameters, TextEncoderConfig config);

  /// ids [B, L] int32 or int64 below the vocabulary size; lengths [B] valid tokens a sample (1..L). Only the
  /// first max(lengths) positions are computed. Returns [B, max(lengths), dim] fp32; rows at or past a
  /// sample's length are what the masked encoder yields there. `on_layer(done, total)` is called after each
  /// layer.
  at::Tensor encode(const at::Tensor& ids, const std::vector<std::int64_t>& lengths,
                    const std::function<void(std::int64_t, std::int64_t)>& on_layer = {},
                    Trace* trace = nullptr) const;

  /// Requests every tensor that encode() uses, for Parameters that only look up.
  void look_up() const;

  const TextEncoderConfig& config() const { return config_; }

 private:
  at::Tensor weight(std::int64_t layer, std::string_view name) const;
  at::Tensor embed(const at::Tensor& ids) const;
  at::Tensor attend(std::int64_t layer, const at::Tensor& h, const at::Tensor& bias) const;
  Parameters parameters_;
  TextEncoderConfig config_;
};

}  // namespace turbodiff::model
