// From the decoder's floats to the pixels of a video file.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace turbodiff::pipeline {

/// Receives finished frames, one at a time, in order.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// uint8 [height, width, 3], row-major. The memory is only valid during the call.
  virtual void write(std::span<const std::uint8_t> rgb) = 0;
};

/// Receives a small preview picture from time to time.
class PreviewSink {
 public:
  virtual ~PreviewSink() = default;
  /// Whether a preview is wanted; else none is made.
  virtual bool is_wanted() const = 0;
  /// uint8 [height, width, 3], row-major. The memory is only valid during the call. Throws nothing.
  virtual void write(std::span<const std::uint8_t> rgb, int width, int height) = 0;
};

/// video [B, 3, T, H, W] fp32 in [-1, 1] (values outside are clamped) -> uint8 [T, H, B*W, 3], samples side
/// by side: trunc((v + 1) / 2 * 255 + 0.5).
at::Tensor to_pixels(const at::Tensor& video);

}  // namespace turbodiff::pipeline
