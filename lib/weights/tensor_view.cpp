#include "weights/tensor_view.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "weights/byte_reader.h"
#include "weights/float_bits.h"

namespace turbodiff::weights {

std::int64_t TensorView::numel() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

bool TensorView::contiguous() const {
  if (numel() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

bool TensorView::aligned() const {
  return readable() && block == BlockFormat::none &&
         reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) == 0;
}

std::size_t TensorView::span_bytes() const {
  const std::int64_t count = numel();
  if (count == 0 || !readable()) return 0;
  if (block != BlockFormat::none) {
    const BlockLayout layout = layout_of(block);
    return static_cast<std::size_t>((count + layout.elements - 1) / layout.elements) * layout.bytes;
  }
  std::int64_t last = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) last += (shape[i] - 1) * strides[i];
  return static_cast<std::size_t>(last + 1) * size_of(dtype);
}

std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

namespace {

/// Calls `row(first, count, stride)` for each innermost run of elements in row-major order; `first` is the
/// offset of its first element and `stride` the distance of the next, both in elements.
template <typename Row>
void for_each_row(const TensorView& view, Row&& row) {
  if (view.numel() == 0) return;
  if (view.contiguous()) return row(0, view.numel(), 1);
  const std::size_t outer = view.shape.size() - 1;
  std::vector<std::int64_t> index(outer, 0);
  std::int64_t offset = 0;
  while (true) {
    row(offset, view.shape[outer], view.strides[outer]);
    std::size_t axis = outer;
    while (axis-- > 0) {
      offset += view.strides[axis];
      if (++index[axis] < view.shape[axis]) break;
      offset -= index[axis] * view.strides[axis];
      index[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) return;
  }
}

template <typename T, typename Widen>
void widen(const TensorView& view, float* out, Widen&& to_float) {
  for_each_row(view, [&](std::int64_t first, std::int64_t count, std::int64_t stride) {
    const std::uint8_t* from = view.data + first * static_cast<std::int64_t>(sizeof(T));
    const std::int64_t step = stride * static_cast<std::int64_t>(sizeof(T));
    for (std::int64_t i = 0; i < count; ++i) *out++ = to_float(load_le<T>(from + i * step));
  });
}

template <typename T>
float cast_to_float(T value) {
  return static_cast<float>(value);
}

void dequantise_all(const TensorView& view, float* out) {
  const std::int64_t count = view.numel();
  const std::int64_t elements = layout_of(view.block).elements;
  const std::int64_t whole = count / elements;
  dequantise(view.block, view.data, whole, out);
  if (count % elements == 0) return;
  std::vector<float> last(static_cast<std::size_t>(elements));
  dequantise(view.block, view.data + static_cast<std::size_t>(whole) * layout_of(view.block).bytes, 1,
             last.data());
  std::copy_n(last.data(), count % elements, out + whole * elements);
}

}  // namespace

void require_readable(const TensorView& view, const std::string& file) {
  if (view.readable()) return;
  throw Error::bad_request("tensor '" + printable(view.name) + "'" +
                               (file.empty() ? "" : " of '" + file + "'") + " has the element type " +
                               printable(view.unreadable) + ", which cannot be read",
                           "supported are fp64, fp32, fp16, bf16, fp8 (E4M3 and E5M2), int8 to int64, uint8 "
                           "and bool; of GGUF also "
                           "Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL and IQ4_XS");
}

void read_as_f32(const TensorView& view, float* out) {
  require_readable(view);
  if (view.block != BlockFormat::none) return dequantise_all(view, out);
  switch (view.dtype) {
    case Dtype::f64:
      return widen<double>(view, out, cast_to_float<double>);
    case Dtype::f32:
      return widen<float>(view, out, cast_to_float<float>);
    case Dtype::f16:
      return widen<std::uint16_t>(view, out, half_to_float);
    case Dtype::bf16:
      return widen<std::uint16_t>(view, out, bf16_to_float);
    case Dtype::f8_e4m3:
      return widen<std::uint8_t>(view, out, e4m3_to_float);
    case Dtype::f8_e5m2:
      return widen<std::uint8_t>(view, out, e5m2_to_float);
    case Dtype::i64:
      return widen<std::int64_t>(view, out, cast_to_float<std::int64_t>);
    case Dtype::i32:
      return widen<std::int32_t>(view, out, cast_to_float<std::int32_t>);
    case Dtype::i16:
      return widen<std::int16_t>(view, out, cast_to_float<std::int16_t>);
    case Dtype::i8:
      return widen<std::int8_t>(view, out, cast_to_float<std::int8_t>);
    case Dtype::u8:
      return widen<std::uint8_t>(view, out, cast_to_float<std::uint8_t>);
    case Dtype::boolean:
      return widen<std::uint8_t>(view, out, [](std::uint8_t value) { return value != 0 ? 1.0f : 0.0f; });
  }
}

std::vector<float> to_floats(const TensorView& view) {
  std::vector<float> values(static_cast<std::size_t>(view.numel()));
  read_as_f32(view, values.data());
  return values;
}

void copy_elements(const TensorView& view, std::uint8_t* out) {
  require_readable(view);
  if (view.block != BlockFormat::none)
    throw Error::bad_request("tensor '" + printable(view.name) + "' is packed as " +
                             std::string(name_of(view.block)) + " and has no plain elements");
  const std::size_t size = size_of(view.dtype);
  for_each_row(view, [&](std::int64_t first, std::int64_t count, std::int64_t stride) {
    const std::uint8_t* from = view.data + first * static_cast<std::int64_t>(size);
    if (stride == 1) {
      std::memcpy(out, from, static_cast<std::size_t>(count) * size);
      out += static_cast<std::size_t>(count) * size;
      return;
    }
    for (std::int64_t i = 0; i < count; ++i, out += size)
      std::memcpy(out, from + i * stride * static_cast<std::int64_t>(size), size);
  });
}

TensorView reshaped(const TensorView& view, std::vector<std::int64_t> shape) {
  const auto count = checked_numel(shape);
  if (!count || *count != view.numel())
    throw Error::bad_request("tensor '" + printable(view.name) + "' of shape " + shape_text(view.shape) +
                             " cannot be seen as " + shape_text(shape));
  TensorView result = view;
  result.strides = contiguous_strides(shape);
  result.shape = std::move(shape);
  if (view.readable() && !view.contiguous()) {
    auto copy =
        std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(*count) * size_of(view.dtype));
    copy_elements(view, copy->data());
    result.data = copy->data();
    result.owner = std::move(copy);
  }
  return result;
}

}  // namespace turbodiff::weights
