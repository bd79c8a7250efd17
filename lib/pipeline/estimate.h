// The cost of a generation, from shapes alone: floating-point operations and memory.
#pragma once

#include <array>
#include <cstdint>

#include "model/wan_config.h"
#include "weights/checkpoint.h"

namespace turbodiff::pipeline {

/// [channels, frames, rows, columns] of a latent video.
using LatentShape = std::array<std::int64_t, 4>;

LatentShape latent_shape(const model::VaeConfig& vae, int frames, int width, int height);

/// The number of tokens of the transformer.
std::int64_t token_count(const model::DitConfig& dit, const LatentShape& latent);

/// One evaluation of the transformer: 2 operations a multiply-add; self-attention is quadratic in the tokens,
/// less where a query sees only the share `seen` of the keys.
double dit_flops(const model::DitConfig& dit, std::int64_t tokens, std::int64_t text_tokens, double seen = 1);
/// The part of dit_flops() in the linear layers of the blocks.
double dit_linear_flops(const model::DitConfig& dit, std::int64_t tokens);
double text_encoder_flops(const model::TextEncoderConfig& config, std::int64_t tokens);
/// The cost of decoding `latent`, from the convolutions of the checkpoint.
double vae_decode_flops(const weights::Checkpoint& vae, const LatentShape& latent);

/// The cost of a stage besides multiplications.
struct Traffic {
  double bytes = 0;      ///< read from and written to memory between operators
  double operators = 0;  ///< operators started one after another
};
Traffic dit_traffic(const model::DitConfig& dit, std::int64_t tokens, std::int64_t element_bytes);
Traffic text_encoder_traffic(const model::TextEncoderConfig& config, std::int64_t tokens,
                             std::int64_t element_bytes);
Traffic vae_decode_traffic(const weights::Checkpoint& vae, const LatentShape& latent,
                           std::int64_t element_bytes);

/// Main memory at the peak of each stage, in bytes, for elements of `element_bytes`. `held_weight_bytes`:
/// weights copied into memory instead of being used where the file is mapped.
double dit_memory(const model::DitConfig& dit, std::int64_t tokens, std::int64_t element_bytes,
                  double held_weight_bytes);
double vae_decode_memory(const weights::Checkpoint& vae, const LatentShape& latent,
                         std::int64_t element_bytes);
double text_encoder_memory(const model::TextEncoderConfig& config, std::int64_t tokens,
                           std::int64_t element_bytes);

/// Bytes of all of a checkpoint's weights with `element_bytes` an element.
double weight_bytes(const weights::Checkpoint& checkpoint, std::int64_t element_bytes);

}  // namespace turbodiff::pipeline
