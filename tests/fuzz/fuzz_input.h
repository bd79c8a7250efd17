// What the fuzz targets of the checkpoint readers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "core/error.h"
#include "weights/tensor_table.h"

namespace turbodiff::fuzz {

/// A copy of the input on the heap, so that reading one byte too far is seen.
inline weights::FileBytes as_file(const std::uint8_t* data, std::size_t size) {
  std::shared_ptr<std::uint8_t[]> copy(new std::uint8_t[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = data[i];
  return {{copy.get(), size}, copy, "fuzz"};
}

/// Reads all values of the tensors and stops the program if a view leaves the file it came from.
inline void touch(const weights::TensorTable& table, const weights::FileBytes& file) {
  constexpr std::int64_t largest = 1 << 16;
  for (const weights::TensorView& view : table.tensors) {
    const bool inside =
        view.data >= file.bytes.data() &&
        static_cast<std::size_t>(view.data - file.bytes.data()) + view.span_bytes() <= file.bytes.size();
    if (!inside) std::abort();
    if (view.readable() && view.numel() <= largest) weights::to_floats(view);
  }
}

/// Runs `read` on the input; an Error is a good answer, anything else that is thrown is not.
template <typename Read>
int run(const std::uint8_t* data, std::size_t size, Read&& read) {
  const weights::FileBytes file = as_file(data, size);
  try {
    read(file);
  } catch (const Error& error) {
    if (error.message().empty() || error.message().find('\n') != std::string::npos) std::abort();
  }
  return 0;
}

}  // namespace turbodiff::fuzz
