// Compiled with -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni; called only where the CPU has them.
#include "ops/cpu/int8_rows.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "ops/cpu/avx512.h"

namespace turbodiff::ops::cpu::avx512_vnni {
namespace {

using avx512::first_lanes;
using avx512::lanes;

inline __m512 load(const float* p, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, p);
}
inline __m512 load(const std::uint16_t* p, __mmask16 mask) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, p)), 16));
}

/// Rounds to bf16, half to even; NaN stays NaN. In the upper halves.
inline __m512i rounded_bits(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return _mm512_mask_mov_epi32(up, nan, _mm512_set1_epi32(0x7fc00000));
}

/// Calls `body` with x as floats or bf16 bits.
template <typename Body>
auto typed(const void* x, Storage type, const Body& body) {
  return type == Storage::f32 ? body(static_cast<const float*>(x))
                              : body(static_cast<const std::uint16_t*>(x));
}

float largest(const void* x, Storage type, std::int64_t ld, std::int64_t rows, std::int64_t columns) {
  return typed(x, type, [&](const auto* from) {
    __m512 top = _mm512_setzero_ps();
    for (std::int64_t row = 0; row < rows; ++row, from += ld)
      for (std::int64_t c = 0; c < columns; c += lanes)
        top = _mm512_max_ps(top, _mm512_abs_ps(load(from + c, first_lanes(columns - c))));
    return _mm512_reduce_max_ps(top);
  });
}

void quantise(const void* x, Storage type, std::int64_t ld, std::int64_t rows, std::int64_t columns,
              float factor, std::uint8_t* out, std::int64_t ld_out) {
  const __m512 f = _mm512_set1_ps(factor);
  const __m128i zero = _mm_set1_epi8(static_cast<char>(0x80));
  typed(x, type, [&](const auto* from) {
    for (std::int64_t row = 0; row < rows; ++row, from += ld, out += ld_out)
      for (std::int64_t c = 0; c < columns; c += lanes) {
        const __mmask16 mask = first_lanes(columns - c);
        const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(load(from + c, mask), f));
        _mm_mask_storeu_epi8(out + c, mask, _mm_xor_si128(_mm512_cvtsepi32_epi8(q), zero));
      }
  });
}

void pack(const std::int8_t* weight, std::int64_t columns, std::int64_t k, std::int8_t* out,
          std::int32_t* offset) {
  const std::int64_t k_blocks = (k + int8_block - 1) / int8_block;
  const __m512i ones = _mm512_set1_epi8(1);
  for (std::int64_t block = 0; block < k_blocks; ++block)
    for (std::int64_t first = 0; first < int8_panel; first += lanes) {
      __m512i sum = _mm512_setzero_si512();
      for (std::int64_t step = 0; step < int8_block; step += 4 * lanes) {  // 16 columns, 64 of K
        __m512i x[16];
        const std::int64_t at = block * int8_block + step, left = std::clamp<std::int64_t>(k - at, 0, 64);
        const __mmask64 mask = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
        for (std::int64_t i = 0; i < lanes; ++i)
          x[i] = first + i < columns ? _mm512_maskz_loadu_epi8(mask, weight + (first + i) * k + at)
                                     : _mm512_setzero_si512();
        avx512::transpose_16x16(x);
        for (std::int64_t i = 0; i < lanes; ++i) {
          _mm512_storeu_si512(out + ((at / 4 + i) * int8_panel + first) * 4, x[i]);
          sum = _mm512_dpbusd_epi32(sum, ones, x[i]);
        }
      }
      _mm512_storeu_si512(offset + block * int8_panel + first,
                          _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(sum, 7)));
    }
}

/// c += four products of u8 a and s8 w in each lane. Written out because GCC 12 copies c around the
/// intrinsic, which halves the rate.
inline void add_products(__m512i& c, __m512i a, __m512i w) {
  asm("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(w));
}

/// body(0), body(1), ... with constants: loops are unrolled too late for arrays of registers to stay in them.
template <int Count, typename Body>
[[gnu::always_inline]] inline void each(const Body& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, Count>{});
}

/// One block of K for `Rows` rows: integers in registers, then one fused multiply-add into the sums.
template <int Rows>
void multiply_rows(const std::uint8_t* x, const std::int8_t* weight, const std::int32_t* offset, float scale,
                   bool first, float* sum) {
  constexpr int vectors = int8_panel / lanes;
  __m512i c[Rows][vectors];
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<vectors>([&](auto j)
                      __attribute__((always_inline)) { c[i][j] = _mm512_loadu_si512(offset + j * lanes); });
  });
  for (std::int64_t k = 0; k < int8_block; k += 4, weight += 4 * int8_panel) {
    __m512i w[vectors];
    each<vectors>([&](auto j)
                      __attribute__((always_inline)) { w[j] = _mm512_loadu_si512(weight + 4 * lanes * j); });
    each<Rows>([&](auto i) __attribute__((always_inline)) {
      std::int32_t four;
      std::memcpy(&four, x + i * int8_block + k, sizeof four);
      const __m512i a = _mm512_set1_epi32(four);
      each<vectors>([&](auto j) __attribute__((always_inline)) { add_products(c[i][j], a, w[j]); });
    });
  }
  const __m512 s = _mm512_set1_ps(scale);
  each<Rows>([&](auto i) __attribute__((always_inline)) {
    each<vectors>([&](auto j) __attribute__((always_inline)) {
      float* to = sum + i * int8_panel + j * lanes;
      const __m512 before = first ? _mm512_setzero_ps() : _mm512_loadu_ps(to);
      _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(c[i][j]), s, before));
    });
  });
}

void multiply(const Int8Tile& tile) {
  for (std::int64_t block = 0; block < tile.k_blocks; ++block) {
    const std::uint8_t* x = tile.x + block * int8_block * int8_block;
    const std::int8_t* weight = tile.weight + block * int8_block * int8_panel;
    const std::int32_t* offset = tile.offset + block * int8_panel;
    const float scale = tile.x_scale[block] * tile.weight_scale[block];
    const bool first = block == 0;
    std::int64_t row = 0;
    for (; row + 6 <= tile.rows; row += 6)
      multiply_rows<6>(x + row * int8_block, weight, offset, scale, first, tile.sum + row * int8_panel);
    for (; row + 2 <= tile.rows; row += 2)
      multiply_rows<2>(x + row * int8_block, weight, offset, scale, first, tile.sum + row * int8_panel);
    if (row < tile.rows)
      multiply_rows<1>(x + row * int8_block, weight, offset, scale, first, tile.sum + row * int8_panel);
  }
}

void store(const float* sum, std::int64_t rows, std::int64_t columns, const float* bias, void* out,
           Storage type, std::int64_t ld_out) {
  for (std::int64_t row = 0; row < rows; ++row, sum += int8_panel)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      __m512 y = _mm512_loadu_ps(sum + c);
      const __m512 b = bias != nullptr ? _mm512_maskz_loadu_ps(mask, bias + c) : _mm512_setzero_ps();
      if (type == Storage::f32) {
        _mm512_mask_storeu_ps(static_cast<float*>(out) + row * ld_out + c, mask, _mm512_add_ps(y, b));
        continue;
      }
      y = _mm512_castsi512_ps(
          _mm512_and_si512(rounded_bits(y), _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
      const __m512i bits = _mm512_srli_epi32(rounded_bits(_mm512_add_ps(y, b)), 16);
      _mm256_mask_storeu_epi16(static_cast<std::uint16_t*>(out) + row * ld_out + c, mask,
                               _mm512_cvtepi32_epi16(bits));
    }
}

}  // namespace

extern const Int8Rows kernels;
const Int8Rows kernels{largest, quantise, pack, multiply, store};

}  // namespace turbodiff::ops::cpu::avx512_vnni
