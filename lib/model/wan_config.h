// The architecture of the Wan family on one page: sizes of the three networks. Everything but the number of
// heads can be read off a checkpoint's tensor shapes (infer_config.h).
//
//   Wan2.1 1.3B: dim 1536, ffn  8960, 12 heads, 30 layers
//   Wan2.1 14B:  dim 5120, ffn 13824, 40 heads, 40 layers
//   umT5-xxl:    dim 4096, ffn 10240, 64 heads, 24 layers
//   Wan2.1 VAE:  dim 96, z 16, 8x8 pixels, 4 frames
#pragma once

#include <array>
#include <cstdint>

namespace turbodiff::model {

/// Diffusion transformer (rcm/networks/wan2pt1.py in thu-ml/TurboDiffusion).
struct DitConfig {
  std::int64_t dim = 0;       ///< model width
  std::int64_t ffn_dim = 0;   ///< hidden width of the feed-forward network
  std::int64_t heads = 0;     ///< attention heads; head_dim = dim / heads
  std::int64_t layers = 0;    ///< transformer blocks
  std::int64_t freq_dim = 0;  ///< width of the sinusoidal time embedding
  std::int64_t text_dim = 0;  ///< width of the text encoder's output
  std::int64_t in_dim = 0;    ///< latent channels in: 16 for text to video, 36 for image to video
  std::int64_t out_dim = 0;   ///< latent channels out
  std::array<std::int64_t, 3> patch{1, 2, 2};  ///< frames, rows, columns of a token
  double eps = 1e-6;
  bool sparse_linear_attention = false;  ///< the checkpoint was trained with SLA (has proj_l)
  bool int8_linear = false;              ///< the checkpoint holds the blocks' linear layers in int8

  std::int64_t head_dim() const { return dim / heads; }
};

/// umT5 encoder (wan/modules/t5.py in Wan-Video/Wan2.1).
struct TextEncoderConfig {
  std::int64_t vocab = 0;
  std::int64_t dim = 0;
  std::int64_t dim_attn = 0;  ///< heads * head_dim; need not equal dim
  std::int64_t dim_ffn = 0;
  std::int64_t heads = 0;
  std::int64_t layers = 0;
  std::int64_t buckets = 32;  ///< relative position buckets, each layer has a table of its own
  std::int64_t max_distance = 128;
  double eps = 1e-6;
};

/// Tokens of text the diffusion transformer attends to; shorter prompts are padded with zero rows.
inline constexpr std::int64_t text_length = 512;

/// Pixels and frames that one latent element stands for.
struct VaeConfig {
  std::int64_t z_dim = 16;
  std::int64_t spatial_factor = 8;
  std::int64_t temporal_factor = 4;

  std::int64_t latent_frames(std::int64_t frames) const { return (frames - 1) / temporal_factor + 1; }
};

/// Per-channel statistics of the Wan2.1 latent space; latent = (mu - mean) / std.
inline constexpr std::array<float, 16> wan21_latent_mean{
    -0.7571f, -0.7089f, -0.9113f, 0.1075f,  -0.1745f, 0.9653f,  -0.1517f, 1.5508f,
    0.4134f,  -0.0715f, 0.5517f,  -0.3632f, -0.1922f, -0.9497f, 0.2503f,  -0.2921f};
inline constexpr std::array<float, 16> wan21_latent_std{2.8184f, 1.4541f, 2.3275f, 2.6558f, 1.2196f, 1.7708f,
                                                        2.6052f, 2.0743f, 3.2687f, 2.1526f, 2.8652f, 1.5579f,
                                                        1.6382f, 1.1253f, 2.8251f, 1.9160f};

}  // namespace turbodiff::model
