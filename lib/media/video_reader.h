// Reads a video file back into RGB frames.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "media/image.h"

namespace turbodiff::media {

/// The properties of a video file. Colour names are FFmpeg's ("bt709", "tv"; "unknown" where untagged).
struct VideoInfo {
  int width = 0;
  int height = 0;
  int fps_num = 0;  ///< 0 when the file does not say
  int fps_den = 1;
  std::int64_t frames = 0;  ///< as the file declares, else its packets; after `read_video`, as decoded
  double duration_s = 0;
  std::string codec;         ///< "h264", "vp9", "gif"
  std::string pixel_format;  ///< "yuv420p"
  std::string colour_matrix;
  std::string colour_primaries;
  std::string colour_transfer;
  std::string colour_range;  ///< "tv" is limited, "pc" is full
};

/// Reads the header of an mp4, webm or gif file, and its packets where the header does not say how many
/// frames there are. Throws bad_request for a missing, damaged or other file.
VideoInfo read_video_info(const std::filesystem::path& path);

/// Decodes every frame in display order and passes each to `each` with its index; the picture is valid during
/// the call only. Frames are converted with the colour matrix and range that the file is tagged with. Throws
/// as `read_video_info` does, and whatever `each` throws.
VideoInfo read_video(const std::filesystem::path& path,
                     const std::function<void(std::int64_t index, const Image& frame)>& each);

}  // namespace turbodiff::media
