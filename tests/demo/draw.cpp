#include "demo/draw.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace turbodiff::demo {
namespace {

/// Signed distance in pixels from the outline of `shape`, negative inside.
double outline_distance(const std::string& shape, double x, double y, double r) {
  if (shape == "circle") return std::sqrt(x * x + y * y) - r;
  if (shape == "square") return std::max(std::abs(x), std::abs(y)) - 0.9 * r;
  if (shape != "triangle")
    throw Error::bad_request("unknown shape '" + shape + "'", "circle, square or triangle");
  const double lowered = y + 0.15 * r;
  return std::max(0.8660254 * std::abs(x) - 0.5 * lowered, lowered) - 0.62 * r;
}

/// A value in [0, 255] as the frames of a video store it: through [-1, 1] and rounded.
std::uint8_t to_byte(float value) {
  const float signed_unit = value / 127.5F - 1.0F;
  return static_cast<std::uint8_t>((1.0F + signed_unit) / 2.0F * 255.0F + 0.5F);
}

}  // namespace

const std::vector<NamedColor>& colors() {
  static const std::vector<NamedColor> all = {{"red", {228, 32, 32}},     {"green", {32, 176, 64}},
                                              {"blue", {40, 72, 232}},    {"yellow", {240, 212, 40}},
                                              {"white", {248, 248, 248}}, {"purple", {152, 48, 200}}};
  return all;
}

const std::vector<NamedColor>& backgrounds() {
  static const std::vector<NamedColor> all = {
      {"black", {8, 8, 8}}, {"white", {248, 248, 248}}, {"gray", {128, 128, 128}}};
  return all;
}

const std::vector<std::string>& shapes() {
  static const std::vector<std::string> all = {"circle", "square", "triangle"};
  return all;
}

const std::vector<std::string>& motions() {
  static const std::vector<std::string> all = {"left", "right", "up", "down", "grow", "shrink", "still"};
  return all;
}

std::vector<Place> track(const std::string& motion, int count, int size) {
  std::vector<Place> places;
  for (int k = 0; k < count; ++k) {
    const double u = count > 1 ? static_cast<double>(k) / (count - 1) : 0.0;
    const double offset = size / 2.0 * (u - 0.5);
    Place place{size / 2.0, size / 2.0, size * 15.0 / 96};
    const double small = size * 8.5 / 96, large = size * 25.5 / 96;
    if (motion == "right") place.x += offset;
    if (motion == "left") place.x -= offset;
    if (motion == "down") place.y += offset;
    if (motion == "up") place.y -= offset;
    if (motion == "grow") place.radius = small + (large - small) * u;
    if (motion == "shrink") place.radius = large - (large - small) * u;
    places.push_back(place);
  }
  return places;
}

Clip draw(const std::string& shape, const std::array<float, 3>& color, const std::array<float, 3>& background,
          const std::vector<Place>& places, int size) {
  Clip clip{{}, static_cast<int>(places.size()), size, size};
  clip.pixels.reserve(places.size() * size * size * 3);
  for (const Place& place : places) {
    for (int row = 0; row < size; ++row) {
      for (int column = 0; column < size; ++column) {
        const double distance =
            outline_distance(shape, column + 0.5 - place.x, row + 0.5 - place.y, place.radius);
        const auto cover = static_cast<float>(std::clamp(0.5 - distance, 0.0, 1.0));
        for (std::size_t c = 0; c < 3; ++c) {
          clip.pixels.push_back(to_byte(background[c] + (color[c] - background[c]) * cover));
        }
      }
    }
  }
  return clip;
}

void add_noise(Clip& clip, int amplitude, std::uint32_t seed) {
  std::uint32_t index = 0;
  for (std::uint8_t& value : clip.pixels) {
    std::uint32_t h = index++ * 2654435761U + seed * 2246822519U;  // odd multipliers, then an avalanche
    h ^= h >> 15;
    h *= 2246822519U;
    h ^= h >> 13;
    const int shift = static_cast<int>(h % static_cast<std::uint32_t>(2 * amplitude + 1)) - amplitude;
    value = static_cast<std::uint8_t>(std::clamp(value + shift, 0, 255));
  }
}

}  // namespace turbodiff::demo
