// The output formats, and how to recognise them by a file's first bytes.
#pragma once

#include <filesystem>
#include <string_view>

#include "spec/container.h"

namespace turbodiff::media {

using spec::Container;
using spec::container_of;
using spec::name_of;

/// The container of an existing file, judged by its first bytes, never by its name. Throws bad_request when
/// the file is missing, unreadable or of another format.
Container container_of_content(const std::filesystem::path& path);

/// Whether the FFmpeg this program runs with has the encoder that `container` needs.
bool available(Container container);

/// Throws bad_request naming the missing encoder and another format to use when `available` is false.
void require_available(Container container);

}  // namespace turbodiff::media
