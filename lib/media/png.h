// PNG (ISO/IEC 15948) images with text metadata.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "media/image.h"

namespace turbodiff::media {

/// Writes an 8-bit RGB PNG; each tag becomes an iTXt chunk (UTF-8, uncompressed) whose keyword is its name.
/// Throws bad_request when the file cannot be opened, refused on a full disk, work_failed otherwise.
void write_png(const std::filesystem::path& path, const Image& image,
               const std::map<std::string, std::string>& tags = {});

/// The uncompressed tEXt and iTXt chunks of a PNG file, as keyword and UTF-8 text.
/// Throws bad_request for a missing or damaged file.
std::map<std::string, std::string> read_png_text(const std::filesystem::path& path);

}  // namespace turbodiff::media
