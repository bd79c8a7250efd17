// GIF89a (CompuServe, 1990): blocks of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace turbodiff::media {

using Colour = std::array<std::uint8_t, 3>;

/// The rectangle of the screen that one frame repaints; pixels outside it, or marked transparent, are kept.
struct GifFrame {
  int left = 0, top = 0, width = 0, height = 0;
  std::vector<std::uint8_t> indices;  ///< [height, width], into `palette`, or `transparent`
  std::vector<Colour> palette;        ///< at most 256, with `transparent` at most 255
  int transparent = -1;               ///< an index that is transparent; -1: none
  int delay_cs = 0;                   ///< shown for this many hundredths of a second
};

/// Signature, screen, endless loop, and one comment block "name=value" a tag.
std::string gif_header(int width, int height, const std::map<std::string, std::string>& tags);

/// Graphic control, image descriptor, local palette and LZW data.
std::string gif_frame(const GifFrame& frame);

inline constexpr char gif_trailer = 0x3b;

/// The comment blocks "name=value" of a GIF file; a block without "=" is returned under `comment`.
/// Throws bad_request for a missing, cut or damaged file.
std::map<std::string, std::string> read_gif_comments(const std::filesystem::path& path);

}  // namespace turbodiff::media
