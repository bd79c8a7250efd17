#include "spec/resolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/error.h"

namespace turbodiff::spec {
namespace {

constexpr std::array<std::string_view, 5> ratios = {"16:9", "9:16", "4:3", "3:4", "1:1"};

struct Row {
  std::string_view name;
  std::array<Size, ratios.size()> sizes;
};

constexpr std::array<Row, 5> rows = {{
    {"480p", {{{832, 480}, {480, 832}, {640, 480}, {480, 640}, {640, 640}}}},
    {"720p", {{{1280, 720}, {720, 1280}, {960, 720}, {720, 960}, {960, 960}}}},
    {"480", {{{768, 432}, {432, 768}, {640, 480}, {480, 640}, {480, 480}}}},
    {"512", {{{640, 384}, {384, 640}, {640, 512}, {512, 640}, {512, 512}}}},
    {"720", {{{1280, 704}, {704, 1280}, {960, 704}, {704, 960}, {960, 960}}}},
}};

std::optional<int> parse_side(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int nearest_side(int side) {
  const int clamped = std::clamp(side, size_multiple, largest_side);
  return (clamped + size_multiple / 2) / size_multiple * size_multiple;
}

/// Rounds half to even whatever the caller's rounding mode is.
double round_half_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  if (rest > 0.5) return below + 1;
  if (rest < 0.5) return below;
  return std::fmod(below, 2.0) == 0.0 ? below : below + 1;
}

}  // namespace

std::vector<std::string_view> resolution_names() {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

std::vector<std::string_view> aspect_ratio_names() {
  return {ratios.begin(), ratios.end()};
}

std::optional<Size> find_resolution(std::string_view resolution, std::string_view aspect_ratio) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == resolution; });
  const auto ratio = std::find(ratios.begin(), ratios.end(), aspect_ratio);
  if (row == rows.end() || ratio == ratios.end()) return std::nullopt;
  return row->sizes[static_cast<std::size_t>(ratio - ratios.begin())];
}

Size parse_size(std::string_view text) {
  const std::size_t cross = text.find_first_of("xX*");
  const auto width = parse_side(text.substr(0, cross));
  const auto height = cross == std::string_view::npos ? std::nullopt : parse_side(text.substr(cross + 1));
  if (!width || !height)
    throw Error::bad_request(fmt::format("--size: '{}' is not WIDTHxHEIGHT", text), "for example 832x480");
  const Size size{*width, *height};
  if (size.width < 1 || size.height < 1 || size.width > largest_side || size.height > largest_side)
    throw Error::bad_request(fmt::format("--size: {} is out of range", text),
                             fmt::format("sides go from {} to {} pixels", size_multiple, largest_side));
  if (size != nearest_size(size))
    throw Error::bad_request(
        fmt::format("--size: {} does not fit, both sides must be multiples of {}", text, size_multiple),
        fmt::format("the nearest size is {}", to_string(nearest_size(size))));
  return size;
}

std::string to_string(Size size) {
  return fmt::format("{}x{}", size.width, size.height);
}

Size nearest_size(Size size) {
  return {nearest_side(size.width), nearest_side(size.height)};
}

Size adapt_size(Size target, Size image) {
  const double area = static_cast<double>(target.width) * target.height;
  const double ratio = static_cast<double>(image.height) / image.width;
  const auto side = [](double ideal) {
    const double cells = std::max(1.0, round_half_even(ideal / size_multiple));
    return static_cast<int>(cells) * size_multiple;
  };
  return {side(std::sqrt(area / ratio)), side(std::sqrt(area * ratio))};
}

}  // namespace turbodiff::spec
