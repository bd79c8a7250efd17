#include "media/gif_palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace turbodiff::media {

namespace {

// All pixels whose channels agree in the upper 6 bits.
struct Bin {
  std::int64_t count = 0;
  std::array<std::int64_t, 3> sum{};
  std::int64_t squares = 0;  // over the three channels
  double mean(int c) const { return static_cast<double>(sum[c]) / count; }
};

struct Box {
  std::size_t begin = 0, end = 0;  // bins
  double error = 0;                // sum of squared distances to the mean
  int axis = 0;                    // the channel of largest variance
  std::array<double, 3> mean{};
};

Box measure(std::span<const Bin> bins, std::size_t begin, std::size_t end) {
  Box box{begin, end};
  std::int64_t count = 0, squares = 0;
  std::array<std::int64_t, 3> sum{};
  std::array<double, 3> spread{};
  for (std::size_t i = begin; i < end; ++i) {
    count += bins[i].count;
    squares += bins[i].squares;
    for (int c = 0; c < 3; ++c) sum[c] += bins[i].sum[c];
  }
  box.error = static_cast<double>(squares);
  for (int c = 0; c < 3; ++c) {
    box.mean[c] = static_cast<double>(sum[c]) / count;
    box.error -= box.mean[c] * sum[c];
  }
  for (std::size_t i = begin; i < end; ++i) {
    for (int c = 0; c < 3; ++c) {
      const double distance = bins[i].mean(c) - box.mean[c];
      spread[c] += distance * distance * bins[i].count;
    }
  }
  box.axis = static_cast<int>(std::max_element(spread.begin(), spread.end()) - spread.begin());
  return box;
}

std::vector<Bin> histogram(std::span<const std::uint8_t> pixels) {
  std::vector<Bin> all(1 << 18);
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    Bin& bin = all[(pixels[i] >> 2) << 12 | (pixels[i + 1] >> 2) << 6 | pixels[i + 2] >> 2];
    ++bin.count;
    for (int c = 0; c < 3; ++c) {
      bin.sum[c] += pixels[i + c];
      bin.squares += pixels[i + c] * pixels[i + c];
    }
  }
  std::erase_if(all, [](const Bin& bin) { return bin.count == 0; });
  return all;
}

bool few_colours(std::span<const std::uint8_t> pixels, int limit, std::vector<Colour>& colours) {
  std::vector<std::uint32_t> found;
  std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    const std::uint32_t colour = pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2];
    if (colour == last) continue;
    last = colour;
    const auto place = std::lower_bound(found.begin(), found.end(), colour);
    if (place != found.end() && *place == colour) continue;
    if (static_cast<int>(found.size()) == limit) return false;
    found.insert(place, colour);
  }
  for (const std::uint32_t c : found) {
    colours.push_back({static_cast<std::uint8_t>(c >> 16), static_cast<std::uint8_t>(c >> 8),
                       static_cast<std::uint8_t>(c)});
  }
  return true;
}

}  // namespace

Palette make_palette(std::span<const std::uint8_t> pixels, int limit) {
  Palette palette;
  if (few_colours(pixels, limit, palette.colours)) {
    palette.exact = true;
    return palette;
  }
  std::vector<Bin> bins = histogram(pixels);
  std::vector<Box> boxes{measure(bins, 0, bins.size())};
  while (static_cast<int>(boxes.size()) < limit) {
    const auto worst = std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) {
      return (a.end - a.begin > 1 ? a.error : -1) < (b.end - b.begin > 1 ? b.error : -1);
    });
    if (worst->end - worst->begin < 2) break;
    const Box box = *worst;
    const int axis = box.axis;
    const auto first = bins.begin() + static_cast<std::ptrdiff_t>(box.begin);
    const auto last = bins.begin() + static_cast<std::ptrdiff_t>(box.end);
    const auto cut =
        std::partition(first, last, [&](const Bin& bin) { return bin.mean(axis) < box.mean[axis]; });
    std::size_t middle = static_cast<std::size_t>(cut - bins.begin());
    if (middle == box.begin || middle == box.end) middle = (box.begin + box.end) / 2;
    *worst = measure(bins, box.begin, middle);
    boxes.push_back(measure(bins, middle, box.end));
  }
  double error = 0;
  for (const Box& box : boxes) {
    Colour colour;
    for (int c = 0; c < 3; ++c) colour[c] = static_cast<std::uint8_t>(std::lround(box.mean[c]));
    palette.colours.push_back(colour);
    error += std::max(box.error, 0.0);
  }
  palette.rms_error = std::sqrt(error / static_cast<double>(pixels.size()));
  return palette;
}

NearestColour::NearestColour(const std::vector<Colour>& colours)
    : colours_(colours), keys_(1 << 16, std::numeric_limits<std::uint32_t>::max()), values_(1 << 16) {}

int NearestColour::operator()(int r, int g, int b) {
  const std::uint32_t key = static_cast<std::uint32_t>(r << 16 | g << 8 | b);
  const std::size_t slot = key * 2654435761u >> 16;
  if (keys_[slot] == key) return values_[slot];
  int best = 0;
  int best_distance = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < colours_.size(); ++i) {
    const int dr = colours_[i][0] - r, dg = colours_[i][1] - g, db = colours_[i][2] - b;
    const int distance = dr * dr + dg * dg + db * db;
    if (distance < best_distance) {
      best_distance = distance;
      best = static_cast<int>(i);
    }
  }
  keys_[slot] = key;
  values_[slot] = static_cast<std::uint8_t>(best);
  return best;
}

}  // namespace turbodiff::media
