// Tensors as operands of kernels. Internal to lib/ops.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "common/storage.h"
#include "core/error.h"
#include "ops/ceil_div.h"

namespace turbodiff::ops::device {

/// x in `type`, contiguous and aligned to 16 bytes.
inline at::Tensor operand(const at::Tensor& x, at::ScalarType type) {
  const at::Tensor whole = x.to(type).contiguous();
  return reinterpret_cast<std::uintptr_t>(whole.const_data_ptr()) % 16 == 0 ? whole : whole.clone();
}
/// The same, undefined if x is.
inline at::Tensor optional_operand(const at::Tensor& x, at::ScalarType type) {
  return x.defined() ? operand(x, type) : x;
}

/// Pointers to elements; null for an undefined tensor. bf16 and fp16 are passed as bits.
inline const float* floats(const at::Tensor& x) {
  return x.defined() ? x.const_data_ptr<float>() : nullptr;
}
inline const std::uint16_t* bits(const at::Tensor& x) {
  return static_cast<const std::uint16_t*>(x.const_data_ptr());
}
inline std::uint16_t* mutable_bits(const at::Tensor& x) {
  return static_cast<std::uint16_t*>(x.mutable_data_ptr());
}

/// Error work_failed for a type that no kernel supports.
inline kernels::Storage storage_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return kernels::Storage::f32;
    case at::kBFloat16:
      return kernels::Storage::bf16;
    case at::kHalf:
      return kernels::Storage::f16;
    default:
      throw Error::work_failed("kernels take fp32, bf16 and fp16");
  }
}

inline at::Tensor empty(at::IntArrayRef shape, const at::Tensor& like, at::ScalarType type) {
  return at::empty(shape, like.options().dtype(type).memory_format(at::MemoryFormat::Contiguous));
}

}  // namespace turbodiff::ops::device
