// The demo model's world, as its training clips are drawn: one flat shape on a plain background.
// Pixel for pixel the same as tools/demo-model/demo_model/world.py for the same colours and tracks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "demo/classify.h"

namespace turbodiff::demo {

/// Centre and radius of the shape in one frame, in pixels.
struct Place {
  double x, y, radius;
};

/// A drawn clip and its pixels, uint8 [count, height, width, 3].
struct Clip {
  std::vector<std::uint8_t> pixels;
  int count = 0, height = 0, width = 0;
  Frames frames() const { return {pixels, count, height, width}; }
};

/// The world's names, in the order the training uses them, and their RGB colours.
struct NamedColor {
  std::string name;
  std::array<float, 3> rgb;
};
const std::vector<NamedColor>& colors();
const std::vector<NamedColor>& backgrounds();
const std::vector<std::string>& shapes();
const std::vector<std::string>& motions();

/// The middle track of `motion` in a square frame of `size` pixels, one place a frame.
std::vector<Place> track(const std::string& motion, int count = 17, int size = 96);

/// One square frame of `size` pixels for each place. Edges are anti-aliased over one pixel.
Clip draw(const std::string& shape, const std::array<float, 3>& color, const std::array<float, 3>& background,
          const std::vector<Place>& places, int size = 96);

/// Adds a fixed pattern of whole numbers in [-amplitude, amplitude], clamped to 0..255.
void add_noise(Clip& clip, int amplitude, std::uint32_t seed);

}  // namespace turbodiff::demo
