// Cases of w8a8_gemm for any backend, against its reference.
#pragma once

#include "outcome.h"
#include "reference/w8a8.h"

namespace turbodiff::kernels {

struct W8a8Case {
  const char* name;
  std::int64_t m, n, k;
  float scale;  ///< size of the block scales
  int fill;     ///< every operand this value, or 1000: random
};

inline const std::vector<W8a8Case>& w8a8_cases() {
  static const std::vector<W8a8Case> cases = {
      {"one tile", 128, 128, 128, 0.01f, 1000},
      {"several tiles and steps", 256, 256, 512, 0.01f, 1000},
      {"ragged rows", 130, 136, 256, 0.01f, 1000},
      {"ragged columns and K", 33, 70, 80, 0.01f, 1000},
      {"K no multiple of 16", 40, 50, 131, 0.01f, 1000},
      {"one element", 1, 1, 1, 0.01f, 1000},
      {"all zero", 128, 128, 256, 0.01f, 0},
      {"largest sums", 128, 130, 384, 20.0f, -128},
      {"many row bands", 1153, 16, 32, 0.01f, 1000},
  };
  return cases;
}

template <typename Backend>
Outcome run_w8a8(const W8a8Case& c, W8a8Epilogue epilogue) {
  const std::int64_t m_blocks = (c.m + 127) / 128, n_blocks = (c.n + 127) / 128, k_blocks = (c.k + 127) / 128;
  const auto operand = [&](std::int64_t count, std::uint32_t seed) {
    return c.fill == 1000
               ? bytes(count, seed)
               : std::vector<std::int8_t>(static_cast<std::size_t>(count), static_cast<std::int8_t>(c.fill));
  };
  const auto scales = [&](std::int64_t count, std::uint32_t seed) {
    std::vector<float> values = numbers(count, seed, c.scale);
    for (float& v : values) v = std::fabs(v) + c.scale / 8;
    return values;
  };
  const std::int64_t rows_per_group = c.m / 3 + 1;
  std::vector<std::int8_t> x = operand(c.m * c.k, 1), weight = operand(c.n * c.k, 2);
  std::vector<float> x_scale = scales(m_blocks * k_blocks, 3), weight_scale = scales(n_blocks * k_blocks, 4);
  std::vector<float> bias = as_floats(as_bf16(numbers(c.n, 5)));
  std::vector<float> gate = numbers(3 * c.n, 6), residual = numbers(c.m * c.n, 7);
  std::vector<std::uint16_t> out(static_cast<std::size_t>(c.m * c.n), 0x7fff);
  std::vector<std::int8_t> out_q(static_cast<std::size_t>(c.m * c.n), 55);
  std::vector<float> out_scale(static_cast<std::size_t>(m_blocks * n_blocks), -1);

  typename Backend::template Array<std::int8_t> d_x(x), d_weight(weight), d_out_q(out_q);
  typename Backend::template Array<float> d_x_scale(x_scale), d_weight_scale(weight_scale), d_bias(bias),
      d_gate(gate), d_residual(residual), d_out_scale(out_scale);
  typename Backend::template Array<std::uint16_t> d_out(out);
  Backend::w8a8_gemm(
      {d_x.get(), d_x_scale.get(), d_weight.get(), d_weight_scale.get(), c.m, c.n, c.k, d_bias.get(),
       d_out.get(), d_out_q.get(), d_out_scale.get(), d_residual.get(), d_gate.get(), rows_per_group},
      epilogue);
  reference::w8a8_gemm(
      {x.data(), x_scale.data(), weight.data(), weight_scale.data(), c.m, c.n, c.k, bias.data(), out.data(),
       out_q.data(), out_scale.data(), residual.data(), gate.data(), rows_per_group},
      epilogue);

  Outcome outcome;
  Difference d;
  if (epilogue == W8a8Epilogue::store) {
    outcome.name = std::string("w8a8 store, ") + c.name;
    d = difference(as_floats(d_out.values()), as_floats(out));
    outcome.ok = d.unequal == 0 && d.not_finite == 0;
  } else if (epilogue == W8a8Epilogue::residual) {
    outcome.name = std::string("w8a8 residual, ") + c.name;
    d = difference(d_residual.values(), residual);
    outcome.ok = d.unequal == 0 && d.not_finite == 0;
  } else {  // tanh may differ in its last bit, which can move a bf16 and then an int8
    outcome.name = std::string("w8a8 requantise, ") + c.name;
    d = difference(d_out_q.values(), out_q);
    const Difference s = difference(d_out_scale.values(), out_scale);
    outcome.ok = d.largest <= 1 && static_cast<double>(d.unequal) <= 0.02 * static_cast<double>(c.m * c.n) &&
                 s.not_finite == 0 && s.relative_l1 <= 0.008;
  }
  outcome.detail = describe(d);
  return outcome;
}

}  // namespace turbodiff::kernels
