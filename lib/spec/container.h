// The output formats, and how file names select them.
#pragma once

#include <filesystem>
#include <string_view>

namespace turbodiff::spec {

enum class Container { mp4, webm, gif, png, npy, safetensors };

/// Lower-case name, which is also the extension without its dot.
std::string_view name_of(Container container);

/// The container that the extension of `path` names, in either case of letters.
/// Throws bad_request listing what is supported for any other extension, or none.
Container container_of(const std::filesystem::path& path);

}  // namespace turbodiff::spec
