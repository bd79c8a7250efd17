// Writes RGB frames, one at a time, into a video, a picture or a raw array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "media/container.h"

namespace turbodiff::media {

/// The properties of a video before its first frame.
struct VideoSettings {
  int width = 0;   ///< pixels
  int height = 0;  ///< pixels
  int frames = 0;  ///< exactly as many `write` calls follow
  int fps_num = 16;
  int fps_den = 1;
  std::map<std::string, std::string> tags;  ///< UTF-8 for people and players: title, artist, ...
  std::string recipe_json;                  ///< UTF-8, kept unchanged in the tag `comment`; empty: none
  int quality = -1;  ///< constant rate factor, lower is better; -1: 18 (mp4), 24 (webm)
};

/// Checks everything that can be checked before the first frame: the size, frame rate and frame count fit the
/// container and its encoder is present. Throws bad_request with what does not fit and what would.
void check_settings(Container container, const VideoSettings& settings);

/// The same frames and settings give the same bytes, whatever the number of processors and the time of day.
/// Memory does not grow with the number of frames.
class VideoWriter {
 public:
  /// Opens `path` (overwriting) in the format of `container`; the extension of `path` plays no part.
  /// Throws bad_request when `check_settings` does or the path cannot be opened.
  static std::unique_ptr<VideoWriter> create(const std::filesystem::path& path, Container container,
                                             const VideoSettings& settings);

  virtual ~VideoWriter() = default;
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// `rgb` is one frame, uint8 [height, width, 3], row-major. Throws refused on a full disk, work_failed on
  /// any other failure to encode or write, and on a frame of another size or one too many.
  void write(std::span<const std::uint8_t> rgb);

  /// Completes and closes the file. Throws as `write` does, and work_failed when frames are missing.
  /// A writer that is destroyed without it leaves an incomplete file for the caller to remove.
  void finish();

 protected:
  VideoWriter(std::filesystem::path path, const VideoSettings& settings)
      : path_(std::move(path)), settings_(settings) {}

  virtual void write_frame(std::span<const std::uint8_t> rgb) = 0;
  virtual void close() = 0;

  const std::filesystem::path& path() const { return path_; }
  const VideoSettings& settings() const { return settings_; }
  int frames_written() const { return written_; }
  /// The tags with the recipe among them.
  std::map<std::string, std::string> all_tags() const;

 private:
  std::filesystem::path path_;
  VideoSettings settings_;
  int written_ = 0;
  bool finished_ = false;
};

}  // namespace turbodiff::media
