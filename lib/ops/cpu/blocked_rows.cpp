// Compiled with -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512bf16; called only where the CPU has them.
#include "ops/cpu/blocked_rows.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/cpu/avx512.h"

namespace turbodiff::ops::cpu::avx512_bf16 {
namespace {

using avx512::first_lanes;
using avx512::lanes;
using avx512::transpose_16x16;

inline __m512 load_bf16(const std::uint16_t* p, __mmask16 mask) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, p)), 16));
}
inline __m256i to_bf16(__m512 x) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
}
inline void store_bf16(std::uint16_t* p, __mmask16 mask, __m512 x) {
  _mm256_mask_storeu_epi16(p, mask, to_bf16(x));
}

/// 2^x for x <= 0 to 2e-6 of the value: 2^n p(f) with f in [-0.5, 0.5]. x may be above 0 by the rounding of a
/// difference of huge numbers.
inline __m512 exp2_approx(__m512 x) {
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-126.0f)), _mm512_setzero_ps());
  const __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 f = _mm512_sub_ps(x, n);
  __m512 p = _mm512_set1_ps(1.3333558146428e-3f);
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.6181291076e-3f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5504108664e-2f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022650696e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718056e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, n);
}

void transpose_units(const std::uint32_t* in, std::int64_t ld_in, std::int64_t rows, std::int64_t columns,
                     std::uint32_t* out, std::int64_t ld_out) {
  for (std::int64_t r = 0; r < rows; r += lanes)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const std::int64_t height = std::min(lanes, rows - r), width = std::min(lanes, columns - c);
      __m512i x[16];
      for (std::int64_t i = 0; i < lanes; ++i)
        x[i] = i < height ? _mm512_maskz_loadu_epi32(first_lanes(width), in + (r + i) * ld_in + c)
                          : _mm512_setzero_si512();
      transpose_16x16(x);
      for (std::int64_t i = 0; i < width; ++i)
        _mm512_mask_storeu_epi32(out + (c + i) * ld_out + r, first_lanes(height), x[i]);
    }
}

void interleave_pairs(const std::uint16_t* in, std::int64_t ld_in, std::int64_t rows, std::int64_t columns,
                      std::uint16_t* out) {
  for (std::int64_t r = 0; r < rows; r += 2, in += 2 * ld_in, out += 2 * columns)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, in + c));
      const __m512i high = r + 1 < rows
                               ? _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, in + ld_in + c))
                               : _mm512_setzero_si512();
      _mm512_mask_storeu_epi32(out + 2 * c, mask, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
}

/// `logit(row, key, mask)` gives sixteen logits.
template <typename Logit>
void softmax_rows(const SoftmaxTile& tile, const Logit& logit) {
  const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    __m512 top = lowest;
    for (std::int64_t key = 0; key < tile.keys; key += lanes) {
      const __mmask16 mask = first_lanes(tile.keys - key);
      top = _mm512_mask_max_ps(top, mask, top, logit(row, key, mask));
    }
    const float before = tile.maximum[row];
    const float maximum = std::max(before, _mm512_reduce_max_ps(top));
    const __m512 shift = _mm512_set1_ps(maximum);
    std::uint16_t* weights = tile.weights + row * tile.ld_scores;
    __m512 sum = _mm512_setzero_ps();
    for (std::int64_t key = 0; key < tile.keys; key += lanes) {
      const __mmask16 mask = first_lanes(tile.keys - key);
      const __m512 p = _mm512_maskz_mov_ps(mask, exp2_approx(_mm512_sub_ps(logit(row, key, mask), shift)));
      sum = _mm512_add_ps(sum, p);
      store_bf16(weights + key, mask, p);
    }
    if (tile.keys % 2 != 0) weights[tile.keys] = 0;
    const float correction = std::exp2(before - maximum);
    tile.correction[row] = correction;
    tile.sum[row] = tile.sum[row] * correction + _mm512_reduce_add_ps(sum);
    tile.maximum[row] = maximum;
  }
}

void softmax(const SoftmaxTile& tile, const float* scores, float scale, const float* bias) {
  const __m512 factor = _mm512_set1_ps(scale);
  const auto plain = [&](std::int64_t row, std::int64_t key, __mmask16 mask) {
    return _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, scores + row * tile.ld_scores + key), factor);
  };
  if (bias == nullptr) return softmax_rows(tile, plain);
  softmax_rows(tile, [&](std::int64_t row, std::int64_t key, __mmask16 mask) {
    return _mm512_add_ps(plain(row, key, mask), _mm512_maskz_loadu_ps(mask, bias + key));
  });
}

void softmax_int8(const SoftmaxTile& tile, const std::int32_t* scores, const std::int32_t* offset,
                  const float* scale) {
  softmax_rows(tile, [&](std::int64_t row, std::int64_t key, __mmask16 mask) {
    const __m512i product =
        _mm512_sub_epi32(_mm512_maskz_loadu_epi32(mask, scores + row * tile.ld_scores + key),
                         _mm512_maskz_loadu_epi32(mask, offset + key));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(product), _mm512_maskz_loadu_ps(mask, scale + key));
  });
}

void scale_rows(float* x, std::int64_t ld, std::int64_t rows, std::int64_t columns, const float* factor) {
  for (std::int64_t row = 0; row < rows; ++row, x += ld) {
    if (factor[row] == 1.0f) continue;
    const __m512 f = _mm512_set1_ps(factor[row]);
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      _mm512_mask_storeu_ps(x + c, mask, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + c), f));
    }
  }
}

void store_rows(const float* x, std::int64_t ld, std::int64_t rows, std::int64_t columns, const float* factor,
                const float* add, std::uint16_t* out, std::int64_t ld_out) {
  for (std::int64_t row = 0; row < rows; ++row, x += ld, out += ld_out) {
    const __m512 f = _mm512_set1_ps(factor[row]);
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      const __m512 more = add != nullptr ? _mm512_maskz_loadu_ps(mask, add + c) : _mm512_setzero_ps();
      store_bf16(out + c, mask, _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + c), f, more));
    }
  }
}

void softmax_features(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                      const float* sums, std::uint16_t* out, std::int64_t ld_out) {
  const __m512 log2_e = _mm512_set1_ps(1.44269504088896341f);
  const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (std::int64_t row = 0; row < rows; ++row, x += ld, out += ld_out) {
    __m512 top = lowest;
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      top = _mm512_mask_max_ps(top, mask, top, load_bf16(x + c, mask));
    }
    const __m512 shift = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    const auto value = [&](std::int64_t c, __mmask16 mask) {
      const __m512 distance = _mm512_mul_ps(_mm512_sub_ps(load_bf16(x + c, mask), shift), log2_e);
      return _mm512_maskz_mov_ps(mask, exp2_approx(distance));
    };
    __m512 total = _mm512_setzero_ps(), weighted = _mm512_setzero_ps();
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      const __m512 p = value(c, mask);
      total = _mm512_add_ps(total, p);
      if (sums != nullptr) weighted = _mm512_fmadd_ps(p, _mm512_maskz_loadu_ps(mask, sums + c), weighted);
    }
    float factor = 1.0f / _mm512_reduce_add_ps(total);
    if (sums != nullptr) factor /= 1e-5f + factor * _mm512_reduce_add_ps(weighted);
    const __m512 f = _mm512_set1_ps(factor);
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      store_bf16(out + c, mask, _mm512_mul_ps(value(c, mask), f));
    }
  }
}

void add_columns(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                 float* out) {
  for (std::int64_t row = 0; row < rows; ++row, x += ld)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      _mm512_mask_storeu_ps(out + c, mask,
                            _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out + c), load_bf16(x + c, mask)));
    }
}

void transpose(const std::uint16_t* in, std::int64_t ld_in, std::int64_t rows, std::int64_t columns,
               std::uint16_t* out, std::int64_t ld_out) {
  const std::int64_t even = (rows + 1) / 2 * 2;
  for (std::int64_t r = 0; r < even; r += lanes)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const std::int64_t height = std::min(lanes, rows - r), width = std::min(lanes, columns - c);
      __m512i x[16];
      for (std::int64_t i = 0; i < lanes; ++i)
        x[i] = i < height ? _mm512_cvtepu16_epi32(
                                _mm256_maskz_loadu_epi16(first_lanes(width), in + (r + i) * ld_in + c))
                          : _mm512_setzero_si512();
      transpose_16x16(x);
      for (std::int64_t i = 0; i < width; ++i)
        _mm256_mask_storeu_epi16(out + (c + i) * ld_out + r, first_lanes(even - r),
                                 _mm512_cvtepi32_epi16(x[i]));
    }
}

float quantise_block(const std::uint16_t* x, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                     const float* mean, int zero_point, std::uint8_t* out, std::int64_t ld_out) {
  const auto value = [&](std::int64_t row, std::int64_t c, __mmask16 mask) {
    const __m512 y = load_bf16(x + row * ld + c, mask);
    if (mean == nullptr) return y;
    const __m256i rounded = to_bf16(_mm512_sub_ps(y, _mm512_maskz_loadu_ps(mask, mean + c)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(rounded), 16));
  };
  __m512 top = _mm512_setzero_ps();
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      top = _mm512_mask_max_ps(top, mask, top, _mm512_abs_ps(value(row, c, mask)));
    }
  const float scale = _mm512_reduce_max_ps(top) / 127.0f + 1e-7f;
  const __m512 divisor = _mm512_set1_ps(scale), half = _mm512_set1_ps(0.5f), sign = _mm512_set1_ps(-0.0f);
  const __m512i zero = _mm512_set1_epi32(zero_point);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t c = 0; c < columns; c += lanes) {
      const __mmask16 mask = first_lanes(columns - c);
      const __m512 ratio = _mm512_div_ps(value(row, c, mask), divisor);
      const __m512 away = _mm512_or_ps(half, _mm512_and_ps(ratio, sign));
      const __m512i q = _mm512_add_epi32(_mm512_cvttps_epi32(_mm512_add_ps(ratio, away)), zero);
      _mm_mask_storeu_epi8(out + row * ld_out + c, mask, _mm512_cvtepi32_epi8(q));
    }
  return scale;
}

}  // namespace

extern const BlockedRows kernels;
const BlockedRows kernels{transpose_units, interleave_pairs, softmax,     softmax_int8, scale_rows,
                          store_rows,      softmax_features, add_columns, transpose,    quantise_block};

}  // namespace turbodiff::ops::cpu::avx512_bf16
