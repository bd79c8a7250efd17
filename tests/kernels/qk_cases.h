// Cases of qk_norm_rope, qk_quant, v_quant and kvsum for any backend, against their references.
#pragma once

#include <algorithm>

#include "outcome.h"
#include "reference/kvsum.h"
#include "reference/qk_norm_rope.h"
#include "reference/qk_quant.h"
#include "reference/v_quant.h"

namespace turbodiff::kernels {

struct QkCase {
  const char* name;
  std::int64_t batch, length, heads;
  int block_rows;
  float size;
};
inline const std::vector<QkCase>& qk_cases() {
  static const std::vector<QkCase> cases = {
      {"whole blocks", 1, 256, 2, 64, 1}, {"ragged, two batches", 2, 150, 1, 128, 1},
      {"one token", 1, 1, 2, 64, 1},      {"all zero", 1, 70, 1, 64, 0},
      {"6e4", 1, 130, 1, 128, 6e4f},
  };
  return cases;
}

template <typename Backend>
Outcome run_qk_quant(const QkCase& c, bool centre) {
  std::vector<std::uint16_t> x = as_bf16(numbers(c.batch * c.length * c.heads * qk_quant_dim, 1, c.size));
  const std::int64_t blocks = c.batch * c.heads * ((c.length + c.block_rows - 1) / c.block_rows);
  std::vector<float> mean(static_cast<std::size_t>(blocks * qk_quant_dim), -1),
      all(static_cast<std::size_t>(c.batch * c.heads * qk_quant_dim), -1),
      scale(static_cast<std::size_t>(blocks), -1);
  std::vector<std::int8_t> values(x.size(), 77);
  typename Backend::template Array<std::uint16_t> d_x(x);
  typename Backend::template Array<float> d_mean(mean), d_all(all), d_scale(scale);
  typename Backend::template Array<std::int8_t> d_values(values);
  Backend::qk_quant({d_x.get(), c.batch, c.length, c.heads, c.block_rows, centre, d_mean.get(), d_all.get(),
                     d_values.get(), d_scale.get()});
  reference::qk_quant({x.data(), c.batch, c.length, c.heads, c.block_rows, centre, mean.data(), all.data(),
                       values.data(), scale.data()});
  const Difference v = difference(d_values.values(), values), m = difference(d_mean.values(), mean),
                   s = difference(d_scale.values(), scale);
  return {std::string(centre ? "qk_quant of keys, " : "qk_quant of queries, ") + c.name,
          v.unequal == 0 && m.unequal == 0 && s.unequal == 0 && m.not_finite == 0 && s.not_finite == 0,
          "values: " + describe(v) + "; means: " + describe(m)};
}

/// Queries with their int8 values, or keys (`centre`), which the last two passes of qk_quant take on.
template <typename Backend>
Outcome run_qk_norm_rope(const QkCase& c, bool centre) {
  const std::int64_t width = c.heads * qk_quant_dim, half = qk_quant_dim / 2;
  const std::vector<std::uint16_t> x = as_bf16(numbers(c.batch * c.length * width, 1, c.size));
  const std::vector<float> weight = numbers(width, 2), angles = numbers(c.length * half, 3, 3);
  std::vector<float> cos, sin;
  for (const float angle : angles) cos.push_back(std::cos(angle)), sin.push_back(std::sin(angle));
  const std::int64_t blocks = c.batch * c.heads * ((c.length + c.block_rows - 1) / c.block_rows);
  std::vector<std::uint16_t> out(x.size(), 0x7fff);
  std::vector<float> mean(static_cast<std::size_t>(blocks * qk_quant_dim), -1),
      all(static_cast<std::size_t>(c.batch * width), -1), scale(static_cast<std::size_t>(blocks), -1);
  std::vector<std::int8_t> values(x.size(), 77);
  typename Backend::template Array<std::uint16_t> d_x(x), d_out(out);
  typename Backend::template Array<float> d_weight(weight), d_cos(cos), d_sin(sin), d_mean(mean), d_all(all),
      d_scale(scale);
  typename Backend::template Array<std::int8_t> d_values(values);
  Backend::qk_norm_rope({d_x.get(), c.batch, c.length, c.heads, c.block_rows, 1e-6f, d_weight.get(),
                         d_cos.get(), d_sin.get(), d_out.get(), d_mean.get(),
                         centre ? nullptr : d_values.get(), d_scale.get()});
  reference::qk_norm_rope({x.data(), c.batch, c.length, c.heads, c.block_rows, 1e-6f, weight.data(),
                           cos.data(), sin.data(), out.data(), mean.data(), centre ? nullptr : values.data(),
                           scale.data()});
  if (centre) {
    Backend::qk_quant_pooled({d_out.get(), c.batch, c.length, c.heads, c.block_rows, true, d_mean.get(),
                              d_all.get(), d_values.get(), d_scale.get()});
    reference::qk_quant_pooled({out.data(), c.batch, c.length, c.heads, c.block_rows, true, mean.data(),
                                all.data(), values.data(), scale.data()});
  }
  const Difference o = difference(d_out.values(), out), v = difference(d_values.values(), values),
                   m = difference(d_mean.values(), mean), s = difference(d_scale.values(), scale);
  return {std::string(centre ? "qk_norm_rope of keys, " : "qk_norm_rope of queries, ") + c.name,
          o.unequal == 0 && v.unequal == 0 && m.unequal == 0 && s.unequal == 0 && m.not_finite == 0 &&
              s.not_finite == 0,
          "out: " + describe(o) + "; values: " + describe(v) + "; means: " + describe(m)};
}

template <typename Backend>
Outcome run_v_quant(const QkCase& c) {
  const std::vector<std::uint16_t> v =
      as_bf16(numbers(c.batch * c.length * c.heads * v_quant_dim, 1, c.size));
  const std::int64_t heads = c.batch * c.heads, blocks = (c.length + v_quant_rows - 1) / v_quant_rows,
                     share_rows = 100, shares = (c.length + share_rows - 1) / share_rows;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(heads * blocks * v_quant_dim * v_quant_rows), 0x7f);
  std::vector<float> parts(static_cast<std::size_t>(heads * shares * v_quant_dim), -1),
      scale(static_cast<std::size_t>(heads * v_quant_dim), -1);
  typename Backend::template Array<std::uint16_t> d_v(v);
  typename Backend::template Array<std::uint8_t> d_out(out);
  typename Backend::template Array<float> d_parts(parts), d_scale(scale);
  Backend::v_quant(
      {d_v.get(), c.batch, c.length, c.heads, share_rows, d_parts.get(), d_out.get(), d_scale.get()});
  reference::v_quant(
      {v.data(), c.batch, c.length, c.heads, share_rows, parts.data(), out.data(), scale.data()});
  const Difference d = difference(d_out.values(), out), s = difference(d_scale.values(), scale);
  return {std::string("v_quant, ") + c.name, d.unequal == 0 && s.unequal == 0 && s.not_finite == 0,
          "values: " + describe(d) + "; scales: " + describe(s)};
}

template <typename Backend>
Outcome run_kvsum(const QkCase& c) {
  const std::int64_t elements = c.batch * c.length * c.heads * kvsum_dim, heads = c.batch * c.heads,
                     share_rows = 100;
  const std::int64_t shares = (c.length + share_rows - 1) / share_rows;
  std::vector<std::uint16_t> k = as_bf16(numbers(elements, 1, c.size)),
                             v = as_bf16(numbers(elements, 2, c.size));
  if (c.size > 1) v[0] = reference::to_bf16(1e30f), v[1] = reference::to_bf16(-1e30f);
  std::vector<float> weight = numbers(kvsum_dim * kvsum_dim, 3),
                     parts(static_cast<std::size_t>(heads * shares * (kvsum_dim + 1) * kvsum_dim), -1),
                     m_scale(static_cast<std::size_t>(heads), -1),
                     k_sum(static_cast<std::size_t>(heads * kvsum_dim), -1);
  std::vector<std::uint16_t> v_half(v.size(), 0x7fff),
      m(static_cast<std::size_t>(heads * kvsum_dim * kvsum_dim), 0x7fff);
  typename Backend::template Array<std::uint16_t> d_k(k), d_v(v), d_v_half(v_half), d_m(m);
  typename Backend::template Array<float> d_weight(weight), d_parts(parts), d_m_scale(m_scale),
      d_k_sum(k_sum);
  Backend::kvsum({d_k.get(), d_v.get(), c.batch, c.length, c.heads, share_rows, d_weight.get(), d_parts.get(),
                  d_v_half.get(), d_m.get(), d_m_scale.get(), d_k_sum.get()});
  reference::kvsum({k.data(), v.data(), c.batch, c.length, c.heads, share_rows, weight.data(), parts.data(),
                    v_half.data(), m.data(), m_scale.data(), k_sum.data()});
  const auto whole = [&](const std::vector<std::uint16_t>& bits, const std::vector<float>& scales) {
    std::vector<float> values;
    for (std::size_t i = 0; i < bits.size(); ++i)
      values.push_back(reference::from_half(bits[i]) * scales[i / (kvsum_dim * kvsum_dim)]);
    return values;
  };
  const Difference d = difference(whole(d_m.values(), d_m_scale.values()), whole(m, m_scale)),
                   s = difference(d_k_sum.values(), k_sum), h = difference(d_v_half.values(), v_half);
  return {std::string("kvsum, ") + c.name,
          d.not_finite == 0 && s.not_finite == 0 && d.relative_l1 <= 1e-3 && s.relative_l1 <= 1e-5 &&
              h.unequal == 0,
          "M: " + describe(d) + "; k_sum: " + describe(s)};
}

}  // namespace turbodiff::kernels
