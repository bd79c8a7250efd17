// One tensor of a checkpoint, at its place in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "weights/block_format.h"

namespace turbodiff::weights {

/// A tensor that points into its file's mapping: nothing is copied, and `owner` keeps the mapping alive.
///
/// With `block == BlockFormat::none` the elements are `dtype`, addressed by `strides` (in elements, never
/// negative, 0 for an expanded axis). Otherwise `data` holds ceil(numel / elements per block) packed blocks
/// in row-major order, `dtype` is f32 (what the values are once read) and the strides are the contiguous
/// ones. `data` need not be aligned to the element size: see aligned().
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  const std::uint8_t* data = nullptr;
  std::shared_ptr<const void> owner;
  BlockFormat block = BlockFormat::none;
  /// The file's name for the element type of a tensor whose values cannot be read here ("U16", "IQ2_XXS");
  /// empty for all others. Such a tensor has a name and a shape, but no elements; it is an error only where
  /// its values are needed.
  std::string unreadable = {};

  bool readable() const { return unreadable.empty(); }
  /// Number of elements; 1 for a 0-dimensional tensor.
  std::int64_t numel() const;
  /// True when the elements lie in row-major order without gaps (always so for packed blocks).
  bool contiguous() const;
  /// True when `data` may be dereferenced as a pointer to `dtype`.
  bool aligned() const;
  /// Bytes from `data` to the end of the last element or block; 0 for an empty tensor, or an unreadable one.
  std::size_t span_bytes() const;
};

/// Row-major strides of `shape`, in elements.
std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& shape);

/// "[2, 3]"; "[]" for a scalar.
std::string shape_text(const std::vector<std::int64_t>& shape);

/// Throws bad_request for a tensor whose values cannot be read; `file` names the file, where it is known.
void require_readable(const TensorView& view, const std::string& file = {});

/// Writes all elements, row-major, as float32 to `out` (numel floats): every dtype is widened (integers and
/// f64 round to nearest), fp8 decoded, GGUF blocks dequantised. Error as require_readable().
void read_as_f32(const TensorView& view, float* out);
/// read_as_f32 into a vector.
std::vector<float> to_floats(const TensorView& view);

/// Writes all elements, row-major, in their own dtype to `out` (numel · size_of(dtype) bytes).
/// Error bad_request for packed blocks, and as require_readable().
void copy_elements(const TensorView& view, std::uint8_t* out);

/// The same elements under another contiguous shape: zero-copy when the view is contiguous, else a copy owned
/// by the result. Error bad_request when the number of elements differs.
TensorView reshaped(const TensorView& view, std::vector<std::int64_t> shape);

}  // namespace turbodiff::weights
