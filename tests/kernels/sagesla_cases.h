// Cases of sagesla_fwd for any backend, against its reference.
#pragma once

#include <algorithm>

#include "outcome.h"
#include "reference/sagesla.h"

namespace turbodiff::kernels {

constexpr SlaVariant sla_variants[] = {SlaVariant::sage_128x64, SlaVariant::sage_64x128,
                                       SlaVariant::sage_e4m3_128x64, SlaVariant::plain_128x64};
inline const char* name_of(SlaVariant variant) {
  return variant == SlaVariant::sage_128x64    ? "SageSLA 128x64"
         : variant == SlaVariant::sage_64x128  ? "SageSLA 64x128"
         : variant == SlaVariant::plain_128x64 ? "SLA 128x64"
                                               : "SageSLA e4m3 128x64";
}

struct SageslaCase {
  const char* name;
  std::int64_t batch, length, heads, kept;
  enum Fill { random, zero, huge } fill;
  bool linear;
};

inline const std::vector<SageslaCase>& sagesla_cases() {
  static const std::vector<SageslaCase> cases = {
      {"one block kept", 1, 128, 1, 1, SageslaCase::random, true},
      {"several blocks and heads", 1, 384, 2, 3, SageslaCase::random, true},
      {"ragged length, last block always kept", 2, 333, 1, 2, SageslaCase::random, true},
      {"one token", 1, 1, 2, 1, SageslaCase::random, true},
      {"without the linear branch", 1, 200, 1, 2, SageslaCase::random, false},
      {"all zero", 1, 150, 1, 2, SageslaCase::zero, true},
      {"values and scores of 6e4", 1, 300, 1, 3, SageslaCase::huge, true},
  };
  return cases;
}

template <typename Backend>
Outcome run_sagesla(const SageslaCase& c, SlaVariant variant) {
  const bool wide = variant != SlaVariant::sage_64x128;
  const std::int64_t q_rows = wide ? 128 : 64, k_rows = wide ? 64 : 128;
  const std::int64_t q_blocks = (c.length + q_rows - 1) / q_rows, k_blocks = (c.length + k_rows - 1) / k_rows;
  const std::int64_t kept = std::min(c.kept, k_blocks), batch_heads = c.batch * c.heads;
  const std::int64_t elements = c.batch * c.length * c.heads * sagesla_dim;
  const float size = c.fill == SageslaCase::zero ? 0.0f : c.fill == SageslaCase::huge ? 6e4f : 1.0f;
  const auto int8s = [&](std::uint32_t seed) {
    std::vector<std::int8_t> values = bytes(elements, seed);
    if (c.fill == SageslaCase::zero) std::fill(values.begin(), values.end(), std::int8_t{0});
    return values;
  };
  const auto scales = [&](std::int64_t count, std::uint32_t seed) {
    std::vector<float> values = numbers(count, seed, size / 127);
    for (float& v : values) v = std::fabs(v) + 1e-7f;
    return values;
  };
  const auto halves = [&](const std::vector<float>& from) {
    std::vector<std::uint16_t> bits;
    for (const float v : from) bits.push_back(reference::to_half(v));
    return bits;
  };
  std::vector<std::int8_t> q8 = int8s(1), k8 = int8s(2);
  std::vector<float> q_scale = scales(batch_heads * q_blocks, 3), k_scale = scales(batch_heads * k_blocks, 4);
  std::vector<float> v_floats = numbers(elements, 5, size);
  if (c.fill == SageslaCase::huge)
    for (float& v : v_floats) v = v < 0 ? -6e4f : 6e4f;
  std::vector<std::uint16_t> v = halves(v_floats), q = as_bf16(numbers(elements, 6, size)),
                             k = as_bf16(numbers(elements, 11, size));
  const std::int64_t value_blocks = (c.length + v_quant_rows - 1) / v_quant_rows;
  std::vector<std::uint8_t> v8(
      static_cast<std::size_t>(batch_heads * value_blocks * v_quant_rows * sagesla_dim));
  std::vector<float> v_scale(static_cast<std::size_t>(batch_heads * sagesla_dim));
  const std::vector<std::uint16_t> v_bf16 = as_bf16(v_floats);
  reference::v_quant(
      {v_bf16.data(), c.batch, c.length, c.heads, c.length, nullptr, v8.data(), v_scale.data()});
  std::vector<std::int32_t> lut;
  for (std::int64_t list = 0; list < batch_heads * q_blocks; ++list)
    for (std::int64_t i = 0; i < kept; ++i)  // ascending, the last block (which may be ragged) at the end
      lut.push_back(
          static_cast<std::int32_t>(i + 1 == kept ? k_blocks - 1 : (i + list % (k_blocks - kept + 1))));
  std::vector<std::uint16_t> m =
      halves(numbers(batch_heads * sagesla_dim * sagesla_dim, 7, size == 0 ? 0.0f : 1.0f));
  std::vector<float> m_scale = numbers(batch_heads, 8, size * 4);
  std::vector<float> k_sum = numbers(batch_heads * sagesla_dim, 9), bias = numbers(sagesla_dim, 10);
  for (float& value : k_sum) value = size == 0 ? 0.0f : 0.5f + std::fabs(value);
  std::vector<std::uint16_t> out(static_cast<std::size_t>(elements), 0x7fff);

  typename Backend::template Array<std::int8_t> d_q8(q8), d_k8(k8);
  typename Backend::template Array<std::uint8_t> d_v8(v8);
  typename Backend::template Array<float> d_q_scale(q_scale), d_k_scale(k_scale), d_m_scale(m_scale),
      d_k_sum(k_sum), d_bias(bias), d_v_scale(v_scale);
  typename Backend::template Array<std::int32_t> d_lut(lut);
  typename Backend::template Array<std::uint16_t> d_v(v), d_q(q), d_k(k), d_m(m), d_out(out);
  Backend::sagesla_fwd(
      {c.batch, c.length, c.heads, d_q8.get(), d_k8.get(), d_q_scale.get(), d_k_scale.get(), d_v.get(),
       d_lut.get(), kept, d_q.get(), c.linear ? d_m.get() : nullptr, d_m_scale.get(), d_k_sum.get(),
       d_bias.get(), d_out.get(), d_k.get(), d_v8.get(), d_v_scale.get()},
      variant);
  reference::sagesla_fwd({c.batch, c.length, c.heads, q8.data(), k8.data(), q_scale.data(), k_scale.data(),
                          v.data(), lut.data(), kept, q.data(), c.linear ? m.data() : nullptr, m_scale.data(),
                          k_sum.data(), bias.data(), out.data(), k.data(), v8.data(), v_scale.data()},
                         variant);
  const Difference d = difference(as_floats(d_out.values()), as_floats(out));
  return {std::string(name_of(variant)) + ", " + c.name,
          d.not_finite == 0 && d.cosine >= 0.99999 && d.relative_l1 <= 4e-3, describe(d)};
}

}  // namespace turbodiff::kernels
