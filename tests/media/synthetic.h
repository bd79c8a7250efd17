// Frames made by formula, and how far two pictures are apart.
#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <vector>

#include "media/image.h"
#include "media/video_reader.h"
#include "media/video_writer.h"

namespace turbodiff::testing {

/// A coloured gradient with a soft disc that moves to the right.
inline media::Image moving_disc(int width, int height, int index, int total) {
  media::Image image(width, height);
  const double cx = width * (0.2 + 0.6 * index / std::max(1, total - 1)), cy = height / 2.0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double distance = std::hypot(x - cx, y - cy) - height / 5.0;
      const double disc = 1 / (1 + std::exp(distance));
      const double background[3] = {40.0 + 80.0 * x / width, 90.0, 60.0 + 100.0 * y / height};
      const double colour[3] = {220, 60, 40};
      for (int c = 0; c < 3; ++c) {
        image.pixel(x, y)[c] =
            static_cast<std::uint8_t>(std::lround(disc * colour[c] + (1 - disc) * background[c]));
      }
    }
  }
  return image;
}

/// Few flat colours: a square of 16 pixels that moves over a two-coloured ground.
inline media::Image flat_square(int width, int height, int index) {
  media::Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool square = x >= 4 * index && x < 4 * index + 16 && y >= 8 && y < 24;
      const std::uint8_t colour[3] = {static_cast<std::uint8_t>(square ? 250 : 10),
                                      static_cast<std::uint8_t>(x < width / 2 ? 60 : 180),
                                      static_cast<std::uint8_t>(square ? 0 : 200)};
      std::copy(colour, colour + 3, image.pixel(x, y));
    }
  }
  return image;
}

/// Peak signal-to-noise ratio in dB; infinite for equal pictures.
inline double psnr(const media::Image& a, const media::Image& b) {
  if (a.rgb.size() != b.rgb.size()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    const double d = static_cast<double>(a.rgb[i]) - b.rgb[i];
    sum += d * d;
  }
  return sum == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(255 * 255 * a.rgb.size() / sum);
}

inline media::VideoSettings settings_of(int width, int height, int frames) {
  media::VideoSettings settings;
  settings.width = width;
  settings.height = height;
  settings.frames = frames;
  return settings;
}

/// Writes `make(i)` for every frame of `settings`.
inline void write_video(const std::filesystem::path& path, media::Container container,
                        const media::VideoSettings& settings, const std::function<media::Image(int)>& make) {
  const auto writer = media::VideoWriter::create(path, container, settings);
  for (int i = 0; i < settings.frames; ++i) writer->write(make(i).rgb);
  writer->finish();
}

inline std::vector<media::Image> decode_all(const std::filesystem::path& path) {
  std::vector<media::Image> frames;
  media::read_video(path, [&](std::int64_t, const media::Image& frame) { frames.push_back(frame); });
  return frames;
}

}  // namespace turbodiff::testing
