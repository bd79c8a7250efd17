// Elements of operands as fp32: float itself, and 16-bit floats by types of their own.
#pragma once

#include "common/device.h"
#include "common/storage.h"

namespace turbodiff::kernels {

struct Bf16 {
  std::uint16_t bits;
};
struct F16 {
  std::uint16_t bits;
};

__device__ __forceinline__ float as_float(float x) {
  return x;
}
__device__ __forceinline__ float as_float(Bf16 x) {
  return from_bf16_bits(x.bits);
}
__device__ __forceinline__ float as_float(F16 x) {
  return from_half_bits(x.bits);
}
__device__ __forceinline__ void set(float& to, float x) {
  to = x;
}
__device__ __forceinline__ void set(Bf16& to, float x) {
  to.bits = to_bf16_bits(x);
}
__device__ __forceinline__ void set(F16& to, float x) {
  to.bits = to_half_bits(x);
}

/// body(value of the element type).
template <typename Body>
void with_element(Storage type, const Body& body) {
  switch (type) {
    case Storage::f32:
      return body(float{});
    case Storage::bf16:
      return body(Bf16{});
    case Storage::f16:
      return body(F16{});
  }
}

}  // namespace turbodiff::kernels
