// Rotary position embedding over (time, row, column) of video tokens (Su et al., "RoFormer", 2021).
// A head of d channels gives rows and columns 2 * (d / 6) each and time the rest, in the order time, row,
// column; the angle of pair i of an axis of n channels is position * 10000^(-2i / n), in fp32. Reference:
// VideoRopePosition3DEmb in thu-ml/TurboDiffusion, rcm/networks/wan2pt1.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace turbodiff::ops {

struct RopeTable {
  at::Tensor cos;  ///< [T*H*W, head_dim / 2] fp32
  at::Tensor sin;  ///< [T*H*W, head_dim / 2] fp32
};

/// Angles of tokens in (time, row, column) order: [T*H*W, head_dim / 2] fp32 on the CPU. head_dim must be
/// even.
at::Tensor rope_angles(std::int64_t frames, std::int64_t rows, std::int64_t columns, std::int64_t head_dim);

RopeTable rope_table(std::int64_t frames, std::int64_t rows, std::int64_t columns, std::int64_t head_dim,
                     at::Device device);

}  // namespace turbodiff::ops
