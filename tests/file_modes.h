// Who may read a file.
#pragma once

#include <filesystem>
#include <string>

#include "testing.h"

namespace turbodiff::testing {

/// A file that its owner alone may read, as files of secrets must be.
inline void write_secret(const std::filesystem::path& path, const std::string& bytes) {
  write_file(path, bytes);
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

/// The mode of a file or folder without its kind, as 0644.
inline unsigned mode_of(const std::filesystem::path& path) {
  return static_cast<unsigned>(std::filesystem::status(path).permissions());
}

}  // namespace turbodiff::testing
