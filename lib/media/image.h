// One picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace turbodiff::media {

/// `rgb` is uint8 [height, width, 3], row-major without row padding, sRGB.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  Image() = default;
  Image(int w, int h, std::uint8_t grey = 0)
      : width(w), height(h), rgb(static_cast<std::size_t>(w) * h * 3, grey) {}

  std::uint8_t* pixel(int x, int y) { return rgb.data() + (static_cast<std::size_t>(y) * width + x) * 3; }
  const std::uint8_t* pixel(int x, int y) const {
    return rgb.data() + (static_cast<std::size_t>(y) * width + x) * 3;
  }
};

}  // namespace turbodiff::media
