#include "media/gif_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "media/gif_format.h"
#include "media/gif_palette.h"

namespace turbodiff::media {

namespace {

constexpr int still_levels = 2;

// The 8x8 threshold matrix of Bayer (1973), by interleaving the bits of x^y and y; values 0..63.
int bayer(int x, int y) {
  int value = 0;
  for (int bit = 0; bit < 3; ++bit) {
    value = value << 2 | (((x ^ y) >> bit & 1) << 1) | (y >> bit & 1);
  }
  return value;
}

struct Changes {
  int left, top, right, bottom;   // half-open; empty when left >= right
  std::vector<char> changed;      // [height, width]
  std::vector<std::uint8_t> rgb;  // the changed pixels
};

Changes find_changes(const Image& painted, std::span<const std::uint8_t> rgb, bool first) {
  Changes found{painted.width, painted.height, 0, 0, std::vector<char>(rgb.size() / 3), {}};
  for (int y = 0; y < painted.height; ++y) {
    for (int x = 0; x < painted.width; ++x) {
      const std::size_t at = static_cast<std::size_t>(y) * painted.width + x;
      bool changed = first;
      for (int c = 0; c < 3; ++c)
        changed |= std::abs(rgb[at * 3 + c] - painted.rgb[at * 3 + c]) > still_levels;
      if (!changed) continue;
      found.changed[at] = 1;
      found.rgb.insert(found.rgb.end(), &rgb[at * 3], &rgb[at * 3] + 3);
      found.left = std::min(found.left, x);
      found.top = std::min(found.top, y);
      found.right = std::max(found.right, x + 1);
      found.bottom = std::max(found.bottom, y + 1);
    }
  }
  return found;
}

long long shown_at_cs(const VideoSettings& s, int frame) {
  return (200LL * frame * s.fps_den + s.fps_num) / (2LL * s.fps_num);
}

}  // namespace

GifWriter::GifWriter(const std::filesystem::path& path, const VideoSettings& settings)
    : VideoWriter(path, settings), sink_(path), painted_(settings.width, settings.height) {
  sink_.write(gif_header(settings.width, settings.height, all_tags()));
}

void GifWriter::write_frame(std::span<const std::uint8_t> rgb) {
  GifFrame frame;
  const int index = frames_written();
  frame.delay_cs = static_cast<int>(
      std::min<long long>(65535, shown_at_cs(settings(), index + 1) - shown_at_cs(settings(), index)));
  const Changes changes = find_changes(painted_, rgb, index == 0);
  if (changes.rgb.empty()) {
    frame.width = frame.height = 1;
    frame.transparent = 0;
    frame.indices = {0};
    sink_.write(gif_frame(frame));
    return;
  }
  frame.left = changes.left;
  frame.top = changes.top;
  frame.width = changes.right - changes.left;
  frame.height = changes.bottom - changes.top;
  const bool all_changed = changes.rgb.size() == static_cast<std::size_t>(frame.width) * frame.height * 3;
  Palette palette = make_palette(changes.rgb, all_changed ? 256 : 255);
  frame.palette = std::move(palette.colours);
  if (!all_changed) frame.transparent = static_cast<int>(frame.palette.size());

  // A uniform quantiser of step d errs by d / sqrt(12) rms: dither over one such step, with the matrix
  // shifted for each channel so that hues are dithered as well as greys.
  const double strength = palette.exact ? 0 : std::sqrt(12.0) * palette.rms_error;
  NearestColour nearest(frame.palette);
  frame.indices.reserve(static_cast<std::size_t>(frame.width) * frame.height);
  for (int y = changes.top; y < changes.bottom; ++y) {
    for (int x = changes.left; x < changes.right; ++x) {
      const std::size_t at = static_cast<std::size_t>(y) * painted_.width + x;
      if (!changes.changed[at]) {
        frame.indices.push_back(static_cast<std::uint8_t>(frame.transparent));
        continue;
      }
      int c[3];
      for (int k = 0; k < 3; ++k) {
        painted_.rgb[at * 3 + k] = rgb[at * 3 + k];
        const double threshold = (2 * bayer((x + 3 * k) & 7, (y + 5 * k) & 7) - 63) / 128.0;
        c[k] = std::clamp(static_cast<int>(std::lround(rgb[at * 3 + k] + strength * threshold)), 0, 255);
      }
      frame.indices.push_back(static_cast<std::uint8_t>(nearest(c[0], c[1], c[2])));
    }
  }
  sink_.write(gif_frame(frame));
}

void GifWriter::close() {
  sink_.write(std::string_view(&gif_trailer, 1));
  sink_.close();
}

}  // namespace turbodiff::media
