// Element types of tensors in files and in memory, without torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace turbodiff {

enum class Dtype : std::uint8_t { f64, f32, f16, bf16, f8_e4m3, f8_e5m2, i64, i32, i16, i8, u8, boolean };

/// Bytes of one element.
constexpr std::size_t size_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
    case Dtype::i64:
      return 8;
    case Dtype::f32:
    case Dtype::i32:
      return 4;
    case Dtype::f16:
    case Dtype::bf16:
    case Dtype::i16:
      return 2;
    default:
      return 1;
  }
}

/// Whether its values are fractions, fp8 included.
constexpr bool is_floating(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
    case Dtype::f32:
    case Dtype::f16:
    case Dtype::bf16:
    case Dtype::f8_e4m3:
    case Dtype::f8_e5m2:
      return true;
    default:
      return false;
  }
}

/// Name as users see it: "fp32", "bf16", "int8", ...
constexpr std::string_view name_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return "fp64";
    case Dtype::f32:
      return "fp32";
    case Dtype::f16:
      return "fp16";
    case Dtype::bf16:
      return "bf16";
    case Dtype::f8_e4m3:
      return "fp8_e4m3";
    case Dtype::f8_e5m2:
      return "fp8_e5m2";
    case Dtype::i64:
      return "int64";
    case Dtype::i32:
      return "int32";
    case Dtype::i16:
      return "int16";
    case Dtype::i8:
      return "int8";
    case Dtype::u8:
      return "uint8";
    case Dtype::boolean:
      return "bool";
  }
  return "unknown";
}

}  // namespace turbodiff
