// Quotient, rounded up. Internal to lib/ops.
#pragma once

#include <cstdint>

namespace turbodiff::ops {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace turbodiff::ops
