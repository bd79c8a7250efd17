#include "pipeline/frames.h"

#include <ATen/ATen.h>

namespace turbodiff::pipeline {

at::Tensor to_pixels(const at::Tensor& video) {
  const at::Tensor scaled = (video.clamp(-1, 1) + 1.0) / 2.0 * 255.0 + 0.5;
  return scaled.to(at::kCPU)
      .permute({2, 3, 0, 4, 1})  // [T, H, B, W, 3]
      .flatten(2, 3)
      .to(at::kByte)
      .contiguous();
}

}  // namespace turbodiff::pipeline
