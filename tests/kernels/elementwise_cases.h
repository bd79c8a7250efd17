// Cases of norm_mod_quant, block_quant and block_topk for any backend, against their references.
#pragma once

#include <algorithm>

#include "operand.h"
#include "reference/block_quant.h"
#include "reference/block_topk.h"
#include "reference/norm_mod_quant.h"

namespace turbodiff::kernels {

struct NormModQuantCase {
  const char* name;
  std::int64_t rows, dim, rows_per_group;
  float size;
};
inline const std::vector<NormModQuantCase>& norm_mod_quant_cases() {
  static const std::vector<NormModQuantCase> cases = {
      {"whole blocks", 256, 384, 128, 1}, {"ragged rows and columns", 150, 200, 75, 1},
      {"one row", 1, 1536, 1, 1},         {"one element", 1, 1, 1, 1},
      {"all zero", 130, 129, 130, 0},     {"6e4", 128, 256, 128, 6e4f},
  };
  return cases;
}

template <typename Backend>
Outcome run_norm_mod_quant(const NormModQuantCase& c) {
  const std::int64_t groups = (c.rows + c.rows_per_group - 1) / c.rows_per_group;
  std::vector<float> x = numbers(c.rows * c.dim, 1, c.size), mul = numbers(groups * c.dim, 2),
                     add = numbers(groups * c.dim, 3, c.size == 0 ? 0.0f : 1.0f);
  std::vector<std::int8_t> out(x.size(), 77);
  std::vector<float> scale(static_cast<std::size_t>((c.rows + 127) / 128 * ((c.dim + 127) / 128)), -1);
  typename Backend::template Array<float> d_x(x), d_mul(mul), d_add(add), d_scale(scale);
  typename Backend::template Array<std::int8_t> d_out(out);
  Backend::norm_mod_quant({d_x.get(), c.rows, c.dim, 1e-6f, d_mul.get(), d_add.get(), c.rows_per_group,
                           d_out.get(), d_scale.get()});
  reference::norm_mod_quant(
      {x.data(), c.rows, c.dim, 1e-6f, mul.data(), add.data(), c.rows_per_group, out.data(), scale.data()});
  const Difference d = difference(d_out.values(), out), s = difference(d_scale.values(), scale);
  return {std::string("norm_mod_quant, ") + c.name, d.unequal == 0 && s.unequal == 0 && s.not_finite == 0,
          "values: " + describe(d) + "; scales: " + describe(s)};
}

/// The same shapes; rows_per_group is not used.
template <typename Backend>
Outcome run_block_quant(const NormModQuantCase& c, Storage type) {
  Operand<Backend> x(numbers(c.rows * c.dim, 1, c.size), type);
  std::vector<std::int8_t> out(static_cast<std::size_t>(c.rows * c.dim), 77);
  std::vector<float> scale(static_cast<std::size_t>((c.rows + 127) / 128 * ((c.dim + 127) / 128)), -1);
  typename Backend::template Array<float> d_scale(scale);
  typename Backend::template Array<std::int8_t> d_out(out);
  Backend::block_quant({x.there(), type, c.rows, c.dim, d_out.get(), d_scale.get()});
  reference::block_quant({x.here(), type, c.rows, c.dim, out.data(), scale.data()});
  const Difference d = difference(d_out.values(), out), s = difference(d_scale.values(), scale);
  return {std::string("block_quant of ") + name_of(type) + ", " + c.name,
          d.unequal == 0 && s.unequal == 0 && s.not_finite == 0,
          "values: " + describe(d) + "; scales: " + describe(s)};
}

struct BlockTopkCase {
  const char* name;
  std::int64_t groups, q_blocks, k_blocks, dim, kept;
  float size;
  int distinct;  ///< scores repeat after this many blocks
};
inline const std::vector<BlockTopkCase>& block_topk_cases() {
  static const std::vector<BlockTopkCase> cases = {
      {"a tenth", 2, 3, 591, 128, 59, 1, 591}, {"fewer than ten blocks", 1, 2, 7, 128, 1, 1, 7},
      {"one block", 1, 1, 1, 16, 1, 1, 1},     {"all blocks", 1, 2, 40, 32, 40, 1, 40},
      {"ties", 1, 3, 100, 8, 33, 1, 5},        {"all zero", 1, 2, 70, 128, 7, 0, 70},
      {"6e4", 1, 2, 300, 128, 30, 6e4f, 300},
  };
  return cases;
}

template <typename Backend>
Outcome run_block_topk(const BlockTopkCase& c) {
  const std::int64_t lists = c.groups * c.q_blocks;
  std::vector<float> q = numbers(lists * c.dim, 1, c.size),
                     k = numbers(c.groups * c.k_blocks * c.dim, 2, c.size);
  for (std::int64_t row = 0; row < c.groups * c.k_blocks; ++row)
    for (std::int64_t d = 0; d < c.dim; ++d)
      k[static_cast<std::size_t>(row * c.dim + d)] =
          k[static_cast<std::size_t>(row % c.distinct * c.dim + d)];
  std::vector<std::int32_t> lut(static_cast<std::size_t>(lists * c.kept), -1);
  typename Backend::template Array<float> d_q(q), d_k(k);
  typename Backend::template Array<std::int32_t> d_lut(lut);
  Backend::block_topk({d_q.get(), d_k.get(), lists, c.q_blocks, c.k_blocks, c.dim, c.kept, d_lut.get()});
  reference::block_topk({q.data(), k.data(), lists, c.q_blocks, c.k_blocks, c.dim, c.kept, lut.data()});
  const Difference d = difference(d_lut.values(), lut);
  return {std::string("block_topk, ") + c.name, d.unequal == 0, describe(d)};
}

}  // namespace turbodiff::kernels
