// The files of the page, embedded when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace turbodiff::http {

struct EmbeddedFile {
  std::string_view name;  ///< "index.html"
  std::span<const unsigned char> bytes;
};

/// The files of lib/http/page; defined in a source that the build generates.
std::span<const EmbeddedFile> embedded_files();

}  // namespace turbodiff::http
