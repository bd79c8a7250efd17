// bf16 and fp16 as bits, in plain C++: round to nearest, ties to even.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace turbodiff::kernels::reference {

inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}
inline float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}

inline std::uint16_t to_bf16(float x) {
  if (x != x) return 0x7fff;
  const std::uint32_t bits = bits_of(x);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
inline float from_bf16(std::uint16_t bits) {
  return float_of(static_cast<std::uint32_t>(bits) << 16);
}
inline float round_bf16(float x) {
  return from_bf16(to_bf16(x));
}

/// Beyond 65504 infinity, below 2^-14 subnormal.
inline std::uint16_t to_half(float x) {
  const std::uint32_t bits = bits_of(x), sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7fff;
  if (magnitude >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // rounds to 2^16 or more
  if (magnitude < 0x38800000) {
    // Adding 0.5 leaves the subnormal's 10 bits, rounded, at the end of the mantissa.
    return static_cast<std::uint16_t>(sign | (bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f)));
  }
  const std::uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}
inline float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16, exponent = (half >> 10) & 31;
  const std::uint32_t mantissa = half & 0x3ff;
  if (exponent == 31) return float_of(sign | 0x7f800000 | (mantissa << 13));
  if (exponent > 0) return float_of(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float subnormal = static_cast<float>(mantissa) * 5.9604644775390625e-8f;  // 2^-24
  return sign ? -subnormal : subnormal;
}
inline float round_half(float x) {
  return from_half(to_half(x));
}

/// Saturated at 448; NaN stays NaN. Subnormal below 2^-6, in steps of 2^-9.
inline std::uint8_t to_e4m3(float x) {
  const std::uint32_t bits = bits_of(x);
  const auto sign = static_cast<std::uint8_t>((bits >> 24) & 0x80);
  const float magnitude = std::fabs(x);
  if (x != x) return static_cast<std::uint8_t>(sign | 0x7f);
  if (magnitude >= 448) return static_cast<std::uint8_t>(sign | 0x7e);
  if (magnitude < 0.015625f)  // adding 2^14 leaves multiples of 2^-9 at the end of the mantissa
    return static_cast<std::uint8_t>(sign | (bits_of(magnitude + 16384.0f) - bits_of(16384.0f)));
  const std::uint32_t rounded = (bits & 0x7fffffff) + 0x7ffff + ((bits >> 20) & 1);
  return static_cast<std::uint8_t>(sign | ((rounded - 0x3c000000) >> 20));
}
inline float from_e4m3(std::uint8_t e4m3) {
  const int exponent = (e4m3 >> 3) & 15, mantissa = e4m3 & 7;
  const float sign = (e4m3 & 0x80) != 0 ? -1.0f : 1.0f;
  if (exponent == 15 && mantissa == 7) return float_of(0x7fc00000);
  if (exponent == 0) return sign * static_cast<float>(mantissa) * 0.001953125f;  // 2^-9
  return sign * std::ldexp(1.0f + static_cast<float>(mantissa) / 8, exponent - 7);
}

/// To int8, half away from zero.
inline std::int8_t half_away(float x) {
  return static_cast<std::int8_t>(std::trunc(x + (x >= 0 ? 0.5f : -0.5f)));
}

}  // namespace turbodiff::kernels::reference
