// The block-quantised tensor formats of GGUF files and their dequantisation.
//
// A block of 32 or 256 consecutive values of a row shares an fp16 scale (and for the K formats 6-bit or 4-bit
// sub-scales): x = d · s · (q - offset) or x = d · s · q - dmin · m. Layouts as in ggml's ggml-common.h;
// values agree with the `gguf` Python package (gguf.quants.dequantize), which rounds after every fp32
// operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace turbodiff::weights {

enum class BlockFormat : std::uint8_t {
  none,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs
};

struct BlockLayout {
  std::int64_t elements;  ///< values in a block
  std::size_t bytes;      ///< bytes of a block
};

/// Size of one block of `format`; {1, 0} for none.
BlockLayout layout_of(BlockFormat format);

/// Name as GGUF tools print it: "Q4_K", "IQ4_NL", ...; "" for none.
std::string_view name_of(BlockFormat format);

/// Dequantises `blocks` consecutive blocks at `data` (any alignment) into blocks · layout_of(format).elements
/// floats. Must not be called with none.
void dequantise(BlockFormat format, const std::uint8_t* data, std::int64_t blocks, float* out);

}  // namespace turbodiff::weights
