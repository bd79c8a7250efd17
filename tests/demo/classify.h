// Names what a clip of the demo model shows: colour, shape, motion and background, from its pixels alone.
//
// The same decisions, number for number, as tools/demo-model/demo_model/classify.py: the float types and the
// order of sums follow NumPy 2, so that a clip on a threshold falls on the same side in both.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace turbodiff::demo {

/// Pixels of one clip: uint8 [count, height, width, 3], RGB, tightly packed. Does not own them.
struct Frames {
  std::span<const std::uint8_t> pixels;
  int count = 0;
  int height = 0;
  int width = 0;
};

/// One name each; empty where nothing could be told.
struct Attributes {
  std::string color;   ///< red, green, blue, yellow, white, purple (gray, black when the shape is colourless)
  std::string shape;   ///< circle, square, triangle
  std::string motion;  ///< left, right, up, down, grow, shrink, still
  std::string background;  ///< black, white, gray
  bool operator==(const Attributes&) const = default;
};

/// The measurements behind a complete answer.
struct Measurements {
  double dx = 0;          ///< pixels the centroid moved to the right between the first and the last sixth
  double dy = 0;          ///< pixels it moved down
  double area_ratio = 1;  ///< area in the last sixth of the frames over the area in the first
  std::array<double, 3> iou{};  ///< overlap with an ideal circle, square, triangle, weighted by area
  std::array<float, 3> rgb{};   ///< median colour of the shape, 0..255
};

struct Classification {
  Attributes attributes;
  std::optional<Measurements> measurements;  ///< only where all four attributes were found
};

/// Throws Error (bad_request) when the sizes are not positive or do not fit `frames.pixels`.
Classification classify(const Frames& frames);

}  // namespace turbodiff::demo
