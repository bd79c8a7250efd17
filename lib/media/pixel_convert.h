// Pixel formats: RGB in memory, and the formats that codecs use.
#pragma once

#include <cstdint>
#include <span>

#include "media/av_support.h"
#include "media/image.h"

namespace turbodiff::media {

/// RGB to 8-bit 4:2:0 in the matrix of ITU-R BT.709, limited range, chroma sited left (MPEG-2 style).
/// The arithmetic is the same on every machine.
class RgbToYuv420 {
 public:
  RgbToYuv420(int width, int height);

  /// `rgb` is uint8 [height, width, 3]; `yuv` a writable yuv420p frame of that size, which is tagged too.
  void convert(std::span<const std::uint8_t> rgb, AVFrame& yuv);

 private:
  av::Frame rgb_;
  av::Scaler scaler_;
};

/// Any decoded frame to RGB, by its own tags of matrix and range (untagged YUV: BT.709 from 720 lines on,
/// BT.601 below, limited range). Keeps its scaler for the next frame of the same kind.
class FrameToRgb {
 public:
  /// Throws work_failed when FFmpeg cannot convert the frame's format.
  void convert(const AVFrame& frame, Image& image);

 private:
  av::Scaler scaler_;
  av::Frame rgb_;
  int width_ = 0, height_ = 0, format_ = -1, matrix_ = -1, range_ = -1;
};

/// `image` at another size of at least 1x1: each pixel is the mean over the area it covers.
Image resized(const Image& image, int width, int height);

/// Rows of uint8 [height, width, 3] into a padded rgb24 frame, and back.
void copy_in(std::span<const std::uint8_t> rgb, AVFrame& frame);
void copy_out(const AVFrame& frame, Image& image);

}  // namespace turbodiff::media
