// An endlessly looping animated GIF.
#pragma once

#include "media/file_sink.h"
#include "media/image.h"
#include "media/video_writer.h"

namespace turbodiff::media {

/// Each frame repaints only the pixels that changed by more than 2 levels since they were last painted, with
/// its own palette and an ordered (Bayer) dither, so still areas neither flicker nor cost bytes. Delays are
/// whole hundredths of a second whose sum follows the frame rate without drift.
class GifWriter final : public VideoWriter {
 public:
  GifWriter(const std::filesystem::path& path, const VideoSettings& settings);

 private:
  void write_frame(std::span<const std::uint8_t> rgb) override;
  void close() override;

  FileSink sink_;
  Image painted_;  // the source pixels of the current screen content
};

}  // namespace turbodiff::media
