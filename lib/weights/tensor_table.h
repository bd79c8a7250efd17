// What a reader of one file format finds in a file.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weights/tensor_view.h"

namespace turbodiff::weights {

/// A part of a file, in bytes.
struct ByteRange {
  std::size_t offset = 0;
  std::size_t length = 0;
};

/// The bytes to read, their owner, and their name in error messages (usually the path).
struct FileBytes {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;
  std::string where;
};

struct TensorTable {
  std::vector<TensorView> tensors;  ///< in file order, names unique
  std::map<std::string, std::string> metadata;
  std::vector<ByteRange> header;  ///< where names, dtypes, shapes and offsets are written
};

}  // namespace turbodiff::weights
