// What a case found, and the figures results are compared by.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "reference/scalar.h"

namespace turbodiff::kernels {

struct Outcome {
  std::string name;
  bool ok = false;
  std::string detail;
};

/// Numbers in [-1, 1), the same everywhere.
inline std::vector<float> numbers(std::int64_t count, std::uint32_t seed, float scale = 1) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;
  for (float& v : values) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    v = scale * (static_cast<float>(state >> 40) / 8388608.0f - 1.0f);
  }
  return values;
}
inline std::vector<std::int8_t> bytes(std::int64_t count, std::uint32_t seed) {
  std::vector<std::int8_t> values;
  for (const float v : numbers(count, seed)) values.push_back(static_cast<std::int8_t>(std::floor(v * 128)));
  return values;
}
inline std::vector<std::uint16_t> as_bf16(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits;
  for (const float v : values) bits.push_back(reference::to_bf16(v));
  return bits;
}
inline std::vector<float> as_floats(const std::vector<std::uint16_t>& bits) {
  std::vector<float> values;
  for (const std::uint16_t b : bits) values.push_back(reference::from_bf16(b));
  return values;
}

struct Difference {
  std::int64_t unequal = 0, not_finite = 0;
  double largest = 0, relative_l1 = 0, cosine = 1;
};
template <typename T>
Difference difference(const std::vector<T>& got, const std::vector<T>& want) {
  Difference d;
  double error = 0, sum = 0, dot = 0, got_square = 0, want_square = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double a = static_cast<double>(got[i]), b = static_cast<double>(want[i]);
    d.not_finite += !std::isfinite(a);
    d.unequal += !(a == b);
    d.largest = std::fmax(d.largest, std::fabs(a - b));
    error += std::fabs(a - b), sum += std::fabs(b);
    dot += a * b, got_square += a * a, want_square += b * b;
  }
  d.relative_l1 = error == 0 ? 0 : error / sum;
  d.cosine = got_square == 0 && want_square == 0 ? 1 : dot / std::sqrt(got_square * want_square);
  return d;
}
inline std::string describe(const Difference& d) {
  char text[160];
  std::snprintf(text, sizeof text, "unequal %lld, not finite %lld, largest %.3g, rel L1 %.3g, cosine %.7f",
                static_cast<long long>(d.unequal), static_cast<long long>(d.not_finite), d.largest,
                d.relative_l1, d.cosine);
  return text;
}

}  // namespace turbodiff::kernels
