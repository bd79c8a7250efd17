#include "demo/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/error.h"

namespace turbodiff::demo {
namespace {

using Rgb = std::array<float, 3>;

constexpr std::array<const char*, 3> kShapes = {"circle", "square", "triangle"};
constexpr float kFaintest = 45;            // distance from the background below which nothing stands out
constexpr std::size_t kFewestPixels = 12;  // of a shape in one frame

/// numpy.median of values; `values` is reordered.
float median(std::vector<float>& values) {
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  const float upper = values[half];
  if (values.size() % 2 == 1) return upper;
  return (*std::max_element(values.begin(), values.begin() + half) + upper) / 2;
}

/// numpy.percentile(values, 98) of float32 values, linear; `values` is reordered.
float percentile_98(std::vector<float>& values) {
  const double position = static_cast<double>(values.size() - 1) * (98.0 / 100.0);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const double fraction = position - static_cast<double>(below);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const float a = values[below];
  if (below + 1 >= values.size()) return a;
  const float b = *std::min_element(values.begin() + below + 1, values.end());
  if (fraction >= 0.5) return b - (b - a) * static_cast<float>(1 - fraction);
  return a + (b - a) * static_cast<float>(fraction);
}

/// numpy.mean of doubles: pairwise sums with eight running totals.
double mean(std::span<const double> values) {
  struct Pairwise {
    static double sum(std::span<const double> v) {
      const std::size_t n = v.size();
      if (n < 8) {
        double total = 0;
        for (double x : v) total += x;
        return total;
      }
      if (n > 128) {
        const std::size_t half = n / 2 - n / 2 % 8;
        return sum(v.first(half)) + sum(v.subspan(half));
      }
      std::array<double, 8> r;
      std::copy_n(v.begin(), 8, r.begin());
      std::size_t i = 8;
      for (; i + 8 <= n; i += 8) {
        for (std::size_t k = 0; k < 8; ++k) r[k] += v[i + k];
      }
      double total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
      for (; i < n; ++i) total += v[i];
      return total;
    }
  };
  return Pairwise::sum(values) / static_cast<double>(values.size());
}

std::string hue_name(const Rgb& rgb) {
  const double r = rgb[0] / 255.0, g = rgb[1] / 255.0, b = rgb[2] / 255.0;
  const double hi = std::max({r, g, b}), lo = std::min({r, g, b}), spread = hi - lo;
  const double saturation = hi == 0 ? 0.0 : spread / hi;
  if (saturation < 0.25) return hi > 0.65 ? "white" : hi > 0.3 ? "gray" : "black";
  double sextant;
  if (hi == r) {
    sextant = std::fmod((g - b) / spread, 6.0);
    if (sextant < 0) sextant += 6;
  } else {
    sextant = hi == g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  }
  const double hue = 60 * sextant;  // degrees
  if (hue < 24) return "red";
  if (hue < 75) return "yellow";
  if (hue < 175) return "green";
  if (hue < 255) return "blue";
  return hue < 325 ? "purple" : "red";
}

/// The shape's pixels in one frame.
struct Blob {
  std::size_t area = 0;
  double cx = 0, cy = 0;
};

Blob find_blob(std::span<const float> distance, float threshold, int width) {
  Blob blob;
  double sum_x = 0, sum_y = 0;
  for (std::size_t i = 0; i < distance.size(); ++i) {
    if (!(distance[i] > threshold)) continue;
    ++blob.area;
    sum_x += static_cast<double>(i % width);
    sum_y += static_cast<double>(i / width);
  }
  blob.cx = sum_x / static_cast<double>(blob.area);
  blob.cy = sum_y / static_cast<double>(blob.area);
  return blob;
}

/// Intersection over union with an ideal circle, square and upright triangle of the blob's centroid and area.
std::array<double, 3> shape_overlap(std::span<const float> distance, float threshold, int width,
                                    const Blob& blob) {
  const double pi = 3.141592653589793;
  const auto area = static_cast<double>(blob.area);
  const double half_side = std::sqrt(area) / 2;
  const double inradius = std::sqrt(area / (3 * std::sqrt(3.0)));
  std::array<std::size_t, 3> both{}, either{};
  for (std::size_t i = 0; i < distance.size(); ++i) {
    const double x = static_cast<double>(i % width) - blob.cx, y = static_cast<double>(i / width) - blob.cy;
    const bool drawn = distance[i] > threshold;
    const std::array<bool, 3> ideal = {x * x + y * y <= area / pi,
                                       std::max(std::abs(x), std::abs(y)) <= half_side,
                                       y <= inradius && 0.8660254 * std::abs(x) - 0.5 * y <= inradius};
    for (std::size_t k = 0; k < 3; ++k) {
      both[k] += drawn && ideal[k];
      either[k] += drawn || ideal[k];
    }
  }
  std::array<double, 3> overlap;
  for (std::size_t k = 0; k < 3; ++k)
    overlap[k] = static_cast<double>(both[k]) / static_cast<double>(either[k]);
  return overlap;
}

std::string name_motion(const Measurements& m, int shorter_side) {
  if (m.area_ratio > 2.0 || m.area_ratio < 0.5) return m.area_ratio > 1 ? "grow" : "shrink";
  if (std::max(std::abs(m.dx), std::abs(m.dy)) < 0.12 * shorter_side) return "still";
  if (std::abs(m.dx) >= std::abs(m.dy)) return m.dx > 0 ? "right" : "left";
  return m.dy > 0 ? "down" : "up";
}

/// Median colour of a frame's margin over the whole clip.
Rgb border_color(const Frames& f) {
  const int margin = std::max(2, f.height / 24);
  std::array<std::vector<float>, 3> channels;
  const auto add = [&](int frame, int y, int x) {
    const std::size_t at = ((static_cast<std::size_t>(frame) * f.height + y) * f.width + x) * 3;
    for (std::size_t c = 0; c < 3; ++c) channels[c].push_back(f.pixels[at + c]);
  };
  for (int frame = 0; frame < f.count; ++frame) {
    for (int y = 0; y < f.height; ++y) {
      for (int x = 0; x < f.width; ++x) {  // a corner belongs to two sides and counts twice
        const int sides = (y < margin) + (y >= f.height - margin) + (x < margin) + (x >= f.width - margin);
        for (int k = 0; k < sides; ++k) add(frame, y, x);
      }
    }
  }
  return {median(channels[0]), median(channels[1]), median(channels[2])};
}

/// Euclidean distance of every pixel from `background`, [count, height, width].
std::vector<float> distance_from(const Frames& f, const Rgb& background) {
  std::vector<float> distance(f.pixels.size() / 3);
  for (std::size_t i = 0; i < distance.size(); ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const float d = f.pixels[3 * i + c] - background[c];
      sum += d * d;
    }
    distance[i] = std::sqrt(sum);
  }
  return distance;
}

Rgb core_color(const Frames& f, std::span<const float> distance, float threshold) {
  std::array<std::vector<float>, 3> channels;
  for (std::size_t i = 0; i < distance.size(); ++i) {
    if (!(distance[i] > threshold)) continue;
    for (std::size_t c = 0; c < 3; ++c) channels[c].push_back(f.pixels[3 * i + c]);
  }
  return {median(channels[0]), median(channels[1]), median(channels[2])};
}

void check(const Frames& f) {
  if (f.count > 0 && f.height > 0 && f.width > 0 &&
      f.pixels.size() == static_cast<std::size_t>(f.count) * f.height * f.width * 3) {
    return;
  }
  throw Error::bad_request(fmt::format("cannot classify {} frames of {}x{} held in {} bytes", f.count,
                                       f.width, f.height, f.pixels.size()));
}

}  // namespace

Classification classify(const Frames& frames) {
  check(frames);
  Classification result;
  const Rgb background = border_color(frames);
  const float luminance = (background[0] + background[1] + background[2]) / 3;
  result.attributes.background = luminance < 64 ? "black" : luminance > 192 ? "white" : "gray";

  const std::vector<float> distance = distance_from(frames, background);
  const std::size_t frame_size = static_cast<std::size_t>(frames.height) * frames.width;
  const auto frame = [&](int k) { return std::span(distance).subspan(k * frame_size, frame_size); };
  float peak = 0;
  for (int k = 0; k < frames.count; ++k) {
    std::vector<float> values(frame(k).begin(), frame(k).end());
    peak = std::max(peak, percentile_98(values));
  }
  if (peak < kFaintest) return result;
  Measurements m;
  m.rgb = core_color(frames, distance, 0.85F * peak);
  result.attributes.color = hue_name(m.rgb);

  std::vector<double> area, cx, cy;
  std::array<double, 3> weighted{};
  for (int k = 0; k < frames.count; ++k) {
    const Blob blob = find_blob(frame(k), 0.5F * peak, frames.width);
    if (blob.area < kFewestPixels) continue;
    area.push_back(static_cast<double>(blob.area));
    cx.push_back(blob.cx);
    cy.push_back(blob.cy);
    const auto overlap = shape_overlap(frame(k), 0.5F * peak, frames.width, blob);
    for (std::size_t s = 0; s < 3; ++s) weighted[s] += overlap[s] * area.back();
  }
  if (area.empty() || area.size() < static_cast<std::size_t>(frames.count / 2)) return result;

  const std::size_t n = std::max<std::size_t>(1, area.size() / 6);
  const auto first = [n](const std::vector<double>& v) { return mean(std::span(v).first(n)); };
  const auto last = [n](const std::vector<double>& v) { return mean(std::span(v).last(n)); };
  m.dx = last(cx) - first(cx);
  m.dy = last(cy) - first(cy);
  m.area_ratio = last(area) / first(area);
  result.attributes.motion = name_motion(m, std::min(frames.height, frames.width));
  double total = 0;
  for (double a : area) total += a;
  for (std::size_t s = 0; s < 3; ++s) m.iou[s] = weighted[s] / total;
  result.attributes.shape = kShapes[std::max_element(m.iou.begin(), m.iou.end()) - m.iou.begin()];
  result.measurements = m;
  return result;
}

}  // namespace turbodiff::demo
