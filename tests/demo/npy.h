// Reads clips that NumPy saved.
#pragma once

#include <filesystem>

#include "demo/draw.h"

namespace turbodiff::demo {

/// The clip in an .npy file of dtype uint8, C order, shape [count, height, width, 3].
/// Format: numpy.lib.format, versions 1 to 3. Throws Error (bad_request) naming the file for anything else.
Clip read_npy(const std::filesystem::path& path);

}  // namespace turbodiff::demo
