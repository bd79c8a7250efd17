// Cases of layer_norm, rms_norm and channel_norm for any backend, against their references.
#pragma once

#include "operand.h"
#include "reference/channel_norm.h"
#include "reference/norm.h"

namespace turbodiff::kernels {

struct NormCase {
  const char* name;
  std::int64_t rows, heads, head_dim, rows_per_group;
  float size;
};
inline const std::vector<NormCase>& norm_cases() {
  static const std::vector<NormCase> cases = {{"two heads", 5, 2, 128, 2, 1},
                                              {"one pair", 1, 1, 2, 1, 1},
                                              {"odd heads", 7, 3, 22, 7, 1},
                                              {"all zero", 3, 1, 64, 3, 0},
                                              {"wider than a block", 2, 12, 128, 1, 1},
                                              {"6e4", 4, 2, 64, 4, 6e4f}};
  return cases;
}
template <typename Backend>
Outcome run_layer_norm(const NormCase& c, Storage type) {
  const std::int64_t dim = c.heads * c.head_dim, groups = (c.rows + c.rows_per_group - 1) / c.rows_per_group;
  const std::vector<float> x = numbers(c.rows * dim, 1, c.size), mul = numbers(groups * dim, 2),
                           add = numbers(groups * dim, 3);
  typename Backend::template Array<float> d_x(x), d_mul(mul), d_add(add);
  Operand<Backend> out(std::vector<float>(x.size(), NAN), type);
  Backend::layer_norm(
      {d_x.get(), out.there(), type, c.rows, dim, 1e-6f, d_mul.get(), d_add.get(), c.rows_per_group});
  reference::layer_norm(
      {x.data(), out.here(), type, c.rows, dim, 1e-6f, mul.data(), add.data(), c.rows_per_group});
  const Difference d = out.compare();
  return {std::string("layer_norm to ") + name_of(type) + ", " + c.name, d.unequal == 0 && d.not_finite == 0,
          describe(d)};
}

template <typename Backend>
Outcome run_rms_norm(const NormCase& c, Storage type, Storage out_type, bool rotate) {
  const std::int64_t dim = c.heads * c.head_dim, length = (c.rows + 1) / 2;
  const std::vector<float> weight = numbers(dim, 2), angles = numbers(length * c.head_dim / 2, 3, 3);
  std::vector<float> cos, sin;
  for (const float angle : angles) cos.push_back(std::cos(angle)), sin.push_back(std::sin(angle));
  typename Backend::template Array<float> d_weight(weight), d_cos(cos), d_sin(sin);
  Operand<Backend> x(numbers(c.rows * dim, 1, c.size), type),
      out(std::vector<float>(static_cast<std::size_t>(c.rows * dim), NAN), out_type);
  Backend::rms_norm({x.there(), out.there(), type, out_type, c.rows, dim, 1e-6f, d_weight.get(),
                     rotate ? d_cos.get() : nullptr, d_sin.get(), length, c.head_dim});
  reference::rms_norm({x.here(), out.here(), type, out_type, c.rows, dim, 1e-6f, weight.data(),
                       rotate ? cos.data() : nullptr, sin.data(), length, c.head_dim});
  const Difference d = out.compare();
  return {std::string("rms_norm of ") + name_of(type) + " to " + name_of(out_type) +
              (rotate ? ", rotated, " : ", ") + c.name,
          d.unequal == 0 && d.not_finite == 0, describe(d)};
}

struct ChannelNormCase {
  const char* name;
  std::int64_t rows, channels;
  float size;
};
inline const std::vector<ChannelNormCase>& channel_norm_cases() {
  static const std::vector<ChannelNormCase> cases = {{"96 channels, ragged rows", 67, 96, 1},
                                                     {"192 channels", 33, 192, 1},
                                                     {"384 channels", 17, 384, 1},
                                                     {"1024 channels", 9, 1024, 1},
                                                     {"odd channels", 35, 37, 1},
                                                     {"one element", 1, 1, 1},
                                                     {"all zero", 40, 160, 0},
                                                     {"6e4", 40, 96, 6e4f}};
  return cases;
}

/// Exact but for the exponential, whose last bit is the device's own.
template <typename Backend>
Outcome run_channel_norm(const ChannelNormCase& c, Storage type, bool silu) {
  const std::vector<float> values = numbers(c.rows * c.channels, 1, c.size),
                           gamma = numbers(c.channels, 2, 2);
  typename Backend::template Array<float> d_gamma(gamma);
  Operand<Backend> x(values, type), out(std::vector<float>(values.size(), NAN), type);
  Backend::channel_norm({x.there(), out.there(), type, c.rows, c.channels, d_gamma.get(), silu});
  reference::channel_norm({x.here(), out.here(), type, c.rows, c.channels, gamma.data(), silu});
  const Difference d = out.compare();
  const double most = !silu ? 0 : type == Storage::bf16 ? 1e-4 : 1e-6;
  return {std::string("channel_norm of ") + name_of(type) + (silu ? " with SiLU, " : ", ") + c.name,
          d.not_finite == 0 && d.relative_l1 <= most, describe(d)};
}

/// visit(Outcome) for each case of this file.
template <typename Backend, typename Visit>
void run_norm_cases(const Visit& visit) {
  for (const NormCase& c : norm_cases())
    for (const Storage type : storages) {
      visit(run_layer_norm<Backend>(c, type));
      visit(run_rms_norm<Backend>(c, type, Storage::f32, false));
      visit(run_rms_norm<Backend>(c, Storage::f32, type, false));
      visit(run_rms_norm<Backend>(c, type, type, true));
    }
  for (const ChannelNormCase& c : channel_norm_cases())
    for (const Storage type : {Storage::f32, Storage::bf16})
      for (const bool silu : {false, true}) visit(run_channel_norm<Backend>(c, type, silu));
}

}  // namespace turbodiff::kernels
