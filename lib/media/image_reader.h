// Reads a still image.
#pragma once

#include <filesystem>

#include "media/image.h"

namespace turbodiff::media {

/// Decodes a PNG, JPEG or WebP file (recognised by content, not by name) to 8-bit RGB and rotates it
/// according to its EXIF orientation. Transparency is dropped, 16-bit samples are reduced to 8, grey and
/// palette images become RGB. Throws bad_request for a missing, damaged, too large (over 2^28 pixels) or
/// other file.
Image read_image(const std::filesystem::path& path);

}  // namespace turbodiff::media
