#include <ATen/core/Tensor.h>
#include <ATen/native/CPUBlas.h>

#include <array>
#include <cmath>

#include "ops/cpu/blocked_rows.h"

namespace turbodiff::ops::cpu {

#ifdef TURBODIFF_X86_KERNELS
namespace avx512_bf16 {
extern const BlockedRows kernels;
}
#endif

namespace {

#ifdef TURBODIFF_X86_KERNELS
bool cpu_has_instructions() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
}

/// A 3x16x16 product of small integers in both element types, exact in either: the library's packed layout is
/// not a documented contract, so it is looked at before it is relied on.
bool products_are_right(const BlockedRows& rows) {
  constexpr std::int64_t m = 3, n = 16;
  std::array<std::array<int, n>, m> a{};
  std::array<std::array<int, n>, n> b{};
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) a[i][j] = (5 * i + 3 * j) % 7;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) b[i][j] = (2 * i + 5 * j) % 9 - 4;

  alignas(64) std::array<c10::BFloat16, m * n> a16{};
  alignas(64) std::array<c10::BFloat16, n * n> b16{}, packed16{};
  alignas(64) std::array<std::uint8_t, m * n> a8{};
  alignas(64) std::array<std::int8_t, n * n> b8{}, packed8{};
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      a16[i * n + j] = static_cast<float>(a[i][j]);
      a8[i * n + j] = static_cast<std::uint8_t>(a[i][j]);
    }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {  // rows of b are keys: the product is a b^T
      b16[i * n + j] = static_cast<float>(b[i][j]);
      b8[i * n + j] = static_cast<std::int8_t>(b[i][j]);
    }
  const auto units = [](const auto& x) { return reinterpret_cast<const std::uint32_t*>(x.data()); };
  rows.transpose_units(units(b16), n / 2, n, n / 2, reinterpret_cast<std::uint32_t*>(packed16.data()), n);
  rows.transpose_units(units(b8), n / 4, n, n / 4, reinterpret_cast<std::uint32_t*>(packed8.data()), n);

  std::array<float, m * n> c16{};
  std::array<std::int32_t, m * n> c8{};
  at::native::cpublas::brgemm(m, n, n, n, n, n, false, a16.data(), packed16.data(), c16.data());
  at::native::cpublas::brgemm(m, n, n, n, n, n, false, a8.data(),
                              reinterpret_cast<const signed char*>(packed8.data()), c8.data());
  at::native::cpublas::brgemm_release();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      int sum = 0;
      for (int d = 0; d < n; ++d) sum += a[i][d] * b[j][d];
      if (c16[i * n + j] != static_cast<float>(sum) || c8[i * n + j] != sum) return false;
    }
  return true;
}
#endif

const BlockedRows* choose() {
#ifdef TURBODIFF_X86_KERNELS
  try {
    if (cpu_has_instructions() && products_are_right(avx512_bf16::kernels)) return &avx512_bf16::kernels;
  } catch (const std::exception&) {  // the library says that it has no such product here
  }
#endif
  return nullptr;
}

}  // namespace

const BlockedRows* blocked_rows() {
  static const BlockedRows* const chosen = choose();
  return chosen;
}

}  // namespace turbodiff::ops::cpu
