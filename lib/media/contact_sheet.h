// One picture that shows a video at a glance: evenly spaced frames, one row (or more) a video.
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

/// The frame that stands at `place` when `shown` of `total` frames are spaced evenly from first to last.
int sheet_frame(int place, int shown, int total);

/// Collects frames as they stream by and keeps only those it shows.
class ContactSheet {
 public:
  explicit ContactSheet(SheetSettings settings = {});

  /// Starts the next video, whose name (if not empty) stands above its pictures, and whose `total_frames`
  /// frames of [height, width, 3] are then given to `add`.
  void begin_video(int width, int height, int total_frames, std::string name = {});

  /// The next frame, uint8 [height, width, 3], row-major. Throws work_failed when it has another size, comes
  /// before `begin_video`, or is one too many.
  void add(std::span<const std::uint8_t> rgb);

  /// The sheet of what was added so far. Throws work_failed when that is nothing.
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
