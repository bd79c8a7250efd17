// A contact sheet: evenly spaced frames of videos in one picture, one row (or more) per video.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "media/image.h"

namespace turbodiff::media {

struct SheetSettings {
  int pictures = 5;                ///< frames shown of each video, the first and the last among them
  int columns = 5;                 ///< pictures side by side before the next row begins
  int gap = 4;                     ///< pixels between and around the pictures
  int max_picture_width = 320;     ///< wider frames are shrunk to this, their aspect ratio kept
  std::uint8_t background = 0x20;  ///< grey level of the gaps
};

/// The frame at position `place` when `shown` of `total` frames are spaced evenly from first to last.
int sheet_frame(int place, int shown, int total);

/// Collects frames as they arrive and keeps only those that it shows.
class ContactSheet {
 public:
  explicit ContactSheet(SheetSettings settings = {});

  /// Starts the next video, whose name (if not empty) is drawn above its pictures, and whose `total_frames`
  /// frames of [height, width, 3] are then passed to `add`.
  void begin_video(int width, int height, int total_frames, std::string name = {});

  /// The next frame, uint8 [height, width, 3], row-major. Throws work_failed when it has another size, comes
  /// before `begin_video`, or exceeds `total_frames`.
  void add(std::span<const std::uint8_t> rgb);

  /// The sheet of all frames added so far. Throws work_failed when there are none.
  Image compose() const;

  /// Writes `compose()` as PNG. Throws as `write_png` does.
  void write(const std::filesystem::path& path, const std::map<std::string, std::string>& tags = {}) const;

 private:
  struct Video {
    int width = 0, height = 0, total = 0, seen = 0;
    std::vector<Image> pictures;
    std::string name;
  };

  SheetSettings settings_;
  std::vector<Video> videos_;
};

}  // namespace turbodiff::media
