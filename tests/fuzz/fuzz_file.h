// For targets that read a file by its name: one file that holds the input of the moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "testing_dir.h"

namespace turbodiff::fuzz {

/// The path of a file with these bytes; the next call writes over it.
inline const std::filesystem::path& file_of(const std::uint8_t* data, std::size_t size,
                                            const std::string& name) {
  static const testing::ScratchDir folder;
  static const std::filesystem::path path = folder / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

}  // namespace turbodiff::fuzz
