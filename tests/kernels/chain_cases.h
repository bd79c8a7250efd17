// From bf16 queries, keys and values to SageSLA's output through all kernels, against the definition in fp64
// (lib/ops/sla.h): the blocks of highest pooled scores attended to exactly, the linear branch over all keys.
#pragma once

#include <algorithm>
#include <numeric>

#include "outcome.h"
#include "reference/block_topk.h"
#include "reference/kvsum.h"
#include "reference/qk_quant.h"
#include "sagesla_cases.h"

namespace turbodiff::kernels {

struct ChainCase {
  const char* name;
  std::int64_t length, heads, kept;
  float size;
};
inline const std::vector<ChainCase>& chain_cases() {
  static const std::vector<ChainCase> cases = {
      {"ragged length", 300, 1, 2, 1}, {"fewer keys than a block", 50, 1, 1, 1}, {"all zero", 130, 1, 1, 0}};
  return cases;
}

struct ChainInput {
  std::int64_t length, heads, kept, q_rows, k_rows;
  std::vector<std::uint16_t> q, k, v;
  std::vector<float> weight, bias;
  double at(const std::vector<std::uint16_t>& x, std::int64_t row, std::int64_t head, std::int64_t d) const {
    return static_cast<double>(
        reference::from_bf16(x[static_cast<std::size_t>((row * heads + head) * sagesla_dim + d)]));
  }
};

/// Blocks of keys of each block of queries, from means in fp64.
inline std::vector<std::int64_t> exact_blocks(const ChainInput& in, std::int64_t head, std::int64_t q_block) {
  constexpr int dim = sagesla_dim;
  const auto mean = [&](const std::vector<std::uint16_t>& x, std::int64_t begin, std::int64_t end, int d) {
    double sum = 0;
    for (std::int64_t row = begin; row < end; ++row) sum += in.at(x, row, head, d);
    return sum / static_cast<double>(end - begin);
  };
  const std::int64_t k_blocks = (in.length + in.k_rows - 1) / in.k_rows;
  std::vector<double> score(static_cast<std::size_t>(k_blocks), 0);
  for (int d = 0; d < dim; ++d) {
    const double q = mean(in.q, q_block * in.q_rows, std::min(in.length, (q_block + 1) * in.q_rows), d);
    const double all = mean(in.k, 0, in.length, d);
    for (std::int64_t j = 0; j < k_blocks; ++j)
      score[static_cast<std::size_t>(j)] +=
          q * (mean(in.k, j * in.k_rows, std::min(in.length, (j + 1) * in.k_rows), d) - all);
  }
  std::vector<std::int64_t> order(score.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
  });
  order.resize(static_cast<std::size_t>(in.kept));
  return order;
}

inline std::vector<double> softmax(std::vector<double> x) {
  const double high = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& value : x) sum += value = std::exp(value - high);
  for (double& value : x) value /= sum;
  return x;
}

/// [length, heads, D]
inline std::vector<double> exact_sla(const ChainInput& in) {
  constexpr std::int64_t dim = sagesla_dim;
  std::vector<double> out(in.q.size());
  for (std::int64_t head = 0; head < in.heads; ++head) {
    const auto features = [&](const std::vector<std::uint16_t>& x, std::int64_t row) {
      std::vector<double> values;
      for (std::int64_t d = 0; d < dim; ++d) values.push_back(in.at(x, row, head, d));
      return softmax(values);
    };
    std::vector<double> m(dim * dim, 0), k_sum(dim, 0);
    for (std::int64_t row = 0; row < in.length; ++row) {
      const std::vector<double> phi = features(in.k, row);
      for (std::int64_t i = 0; i < dim * dim; ++i)
        m[static_cast<std::size_t>(i)] +=
            phi[static_cast<std::size_t>(i / dim)] * in.at(in.v, row, head, i % dim);
      for (std::size_t d = 0; d < dim; ++d) k_sum[d] += phi[d];
    }
    std::vector<std::int64_t> blocks;
    for (std::int64_t row = 0; row < in.length; ++row) {
      if (row % in.q_rows == 0) blocks = exact_blocks(in, head, row / in.q_rows);
      std::vector<std::int64_t> keys;
      std::vector<double> logits;
      for (const std::int64_t block : blocks)
        for (std::int64_t key = block * in.k_rows; key < std::min(in.length, (block + 1) * in.k_rows);
             ++key) {
          double dot = 0;
          for (std::int64_t d = 0; d < dim; ++d) dot += in.at(in.q, row, head, d) * in.at(in.k, key, head, d);
          keys.push_back(key);
          logits.push_back(dot / std::sqrt(static_cast<double>(dim)));
        }
      const std::vector<double> p = softmax(logits), phi = features(in.q, row);
      const double divisor = 1e-5 + std::inner_product(phi.begin(), phi.end(), k_sum.begin(), 0.0);
      std::vector<double> linear(dim, 0);
      for (std::size_t d = 0; d < dim; ++d)
        for (std::size_t n = 0; n < dim; ++n) linear[n] += phi[d] * m[d * dim + n] / divisor;
      for (std::int64_t n = 0; n < dim; ++n) {
        double value = static_cast<double>(in.bias[static_cast<std::size_t>(n)]);
        for (std::size_t i = 0; i < keys.size(); ++i) value += p[i] * in.at(in.v, keys[i], head, n);
        for (std::int64_t d = 0; d < dim; ++d)
          value += linear[static_cast<std::size_t>(d)] *
                   static_cast<double>(in.weight[static_cast<std::size_t>(n * dim + d)]);
        out[static_cast<std::size_t>((row * in.heads + head) * dim + n)] = value;
      }
    }
  }
  return out;
}

template <typename Backend>
Outcome run_chain(const ChainCase& c, SlaVariant variant) {
  constexpr std::int64_t dim = sagesla_dim;
  const bool wide = variant != SlaVariant::sage_64x128, e4m3 = variant == SlaVariant::sage_e4m3_128x64;
  const std::int64_t elements = c.length * c.heads * dim;
  const ChainInput in{c.length,
                      c.heads,
                      c.kept,
                      wide ? 128 : 64,
                      wide ? 64 : 128,
                      as_bf16(numbers(elements, 1, 2 * c.size)),
                      as_bf16(numbers(elements, 2, 2 * c.size)),
                      as_bf16(numbers(elements, 3, c.size)),
                      numbers(dim * dim, 4, 0.2f),
                      numbers(dim, 5, 0.1f)};
  const std::int64_t q_blocks = (c.length + in.q_rows - 1) / in.q_rows,
                     k_blocks = (c.length + in.k_rows - 1) / in.k_rows;
  const std::int64_t v_blocks = (c.length + v_quant_rows - 1) / v_quant_rows, share_rows = 100,
                     shares = (c.length + share_rows - 1) / share_rows;
  const auto floats = [](std::int64_t count) {
    return std::vector<float>(static_cast<std::size_t>(count), -1);
  };
  const auto words = [](std::int64_t count) {
    return std::vector<std::uint16_t>(static_cast<std::size_t>(count), 0x7fff);
  };
  const std::vector<std::int8_t> unset(static_cast<std::size_t>(elements), 77);
  typename Backend::template Array<std::uint16_t> q(in.q), k(in.k), v(in.v), v_half(words(elements)),
      m(words(c.heads * dim * dim)), out(words(elements));
  typename Backend::template Array<std::int8_t> q8(unset), k8(unset);
  typename Backend::template Array<float> q_mean(floats(c.heads * q_blocks * dim)),
      k_mean(floats(c.heads * k_blocks * dim)), q_all(floats(c.heads * dim)), k_all(floats(c.heads * dim)),
      q_scale(floats(c.heads * q_blocks)), k_scale(floats(c.heads * k_blocks)), weight(in.weight),
      bias(in.bias), parts(floats(c.heads * shares * (dim + 1) * dim)), m_scale(floats(c.heads)),
      k_sum(floats(c.heads * dim));
  typename Backend::template Array<std::int32_t> lut(
      std::vector<std::int32_t>(static_cast<std::size_t>(c.heads * q_blocks * c.kept), -1));

  Backend::qk_quant({q.get(), 1, c.length, c.heads, static_cast<int>(in.q_rows), false, q_mean.get(),
                     q_all.get(), q8.get(), q_scale.get()});
  Backend::qk_quant({k.get(), 1, c.length, c.heads, static_cast<int>(in.k_rows), true, k_mean.get(),
                     k_all.get(), k8.get(), k_scale.get()});
  Backend::block_topk(
      {q_mean.get(), k_mean.get(), c.heads * q_blocks, q_blocks, k_blocks, dim, c.kept, lut.get()});
  Backend::kvsum({k.get(), v.get(), 1, c.length, c.heads, share_rows, weight.get(), parts.get(), v_half.get(),
                  m.get(), m_scale.get(), k_sum.get()});
  typename Backend::template Array<std::uint8_t> v8(
      std::vector<std::uint8_t>(static_cast<std::size_t>(c.heads * v_blocks * v_quant_rows * dim), 0x7f));
  typename Backend::template Array<float> v_parts(floats(c.heads * shares * dim)),
      v_scale(floats(c.heads * dim));
  Backend::v_quant({v.get(), 1, c.length, c.heads, share_rows, v_parts.get(), v8.get(), v_scale.get()});
  Backend::sagesla_fwd({1, c.length, c.heads, q8.get(), k8.get(), q_scale.get(), k_scale.get(), v_half.get(),
                        lut.get(), c.kept, q.get(), m.get(), m_scale.get(), k_sum.get(), bias.get(),
                        out.get(), k.get(), v8.get(), v_scale.get()},
                       variant);
  std::vector<float> want;
  for (const double value : exact_sla(in)) want.push_back(static_cast<float>(value));
  const Difference d = difference(as_floats(out.values()), want);
  return {std::string("chain ") + name_of(variant) + ", " + c.name,
          d.not_finite == 0 && d.cosine >= (e4m3 ? 0.999 : 0.9998) && d.relative_l1 <= (e4m3 ? 0.05 : 0.02),
          describe(d)};
}

}  // namespace turbodiff::kernels
