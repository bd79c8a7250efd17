// From the decoder's floats to the pixels a video file takes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace turbodiff::pipeline {

/// Takes finished frames, one at a time, in order.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// uint8 [height, width, 3], row-major. The memory is only valid during the call.
  virtual void write(std::span<const std::uint8_t> rgb) = 0;
};

/// video [B, 3, T, H, W] fp32 in [-1, 1] (values outside are clamped) -> uint8 [T, H, B*W, 3], samples side
/// by side: trunc((v + 1) / 2 * 255 + 0.5).
at::Tensor to_pixels(const at::Tensor& video);

}  // namespace turbodiff::pipeline
