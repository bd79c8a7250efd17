#include "ops/device/sla.h"

#include <algorithm>
#include <optional>

#include "ops/device/operands.h"

namespace turbodiff::ops::device {

namespace {

constexpr std::int64_t dim = kernels::sagesla_dim;

std::optional<kernels::SlaVariant> variant_of(const SlaOptions& options) {
  const BlockTiling& tiling = options.tiling;
  if (tiling.q_rows == 128 && tiling.k_rows == 64)
    return options.int8_scores ? kernels::SlaVariant::sage_128x64 : kernels::SlaVariant::plain_128x64;
  if (tiling.q_rows == 64 && tiling.k_rows == 128 && options.int8_scores)
    return kernels::SlaVariant::sage_64x128;
  return std::nullopt;
}

/// Queries or keys as the attention kernel reads them; plain scores leave the int8 values alone.
struct Prepared {
  Prepared(const at::Tensor& like, std::int64_t rows)
      : block_rows(rows),
        mean(empty({like.size(0), like.size(2), ceil_div(like.size(1), rows), dim}, like, at::kFloat)),
        all(empty({like.size(0), like.size(2), dim}, like, at::kFloat)),
        values(empty(like.sizes(), like, at::kChar)),
        scale(empty({like.size(0), like.size(2), ceil_div(like.size(1), rows)}, like, at::kFloat)) {}

  std::int64_t blocks() const { return mean.size(2); }
  kernels::QkQuantParams quant(bool centre) const {
    return {bits(x),
            x.size(0),
            x.size(1),
            x.size(2),
            static_cast<int>(block_rows),
            centre,
            mean.mutable_data_ptr<float>(),
            all.mutable_data_ptr<float>(),
            values.mutable_data_ptr<std::int8_t>(),
            scale.mutable_data_ptr<float>()};
  }

  at::Tensor x;  ///< normed and rotated, bf16
  std::int64_t block_rows;
  at::Tensor mean, all, values, scale;
};

Prepared prepare(const KernelSet& kernels, const at::Tensor& x, std::int64_t block_rows, bool centre) {
  Prepared p(x, block_rows);
  p.x = operand(x, at::kBFloat16);
  kernels.qk_quant(p.quant(centre));
  return p;
}

Prepared norm_and_prepare(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& weight,
                          const QkNorm& norm, std::int64_t block_rows, bool centre) {
  const at::Tensor from = operand(x, at::kBFloat16), factors = operand(weight, at::kFloat),
                   cos = operand(norm.cos, at::kFloat), sin = operand(norm.sin, at::kFloat);
  Prepared p(x, block_rows);
  p.x = empty(x.sizes(), x, at::kBFloat16);
  kernels.qk_norm_rope({bits(from), x.size(0), x.size(1), x.size(2), static_cast<int>(block_rows),
                        static_cast<float>(norm.eps), floats(factors), floats(cos), floats(sin),
                        mutable_bits(p.x), p.mean.mutable_data_ptr<float>(),
                        centre ? nullptr : p.values.mutable_data_ptr<std::int8_t>(),
                        p.scale.mutable_data_ptr<float>()});
  if (centre) kernels.qk_quant_pooled(p.quant(true));
  return p;
}

/// Tokens that one thread block sums: many shares keep a GPU busy, few keep them small.
std::int64_t share_rows(std::int64_t length) {
  return std::max<std::int64_t>(512, ceil_div(length, 64));
}

struct E4m3Values {
  at::Tensor values, scale;
};
E4m3Values quantised_values(const KernelSet& kernels, const at::Tensor& v) {
  const std::int64_t batch = v.size(0), length = v.size(1), heads = v.size(2), rows = share_rows(length);
  const at::Tensor parts = empty({batch, heads, ceil_div(length, rows), dim}, v, at::kFloat);
  const E4m3Values out{
      empty({batch, heads, ceil_div(length, kernels::v_quant_rows), dim, kernels::v_quant_rows}, v,
            at::kByte),
      empty({batch, heads, dim}, v, at::kFloat)};
  kernels.v_quant({bits(v), batch, length, heads, rows, parts.mutable_data_ptr<float>(),
                   out.values.mutable_data_ptr<std::uint8_t>(), out.scale.mutable_data_ptr<float>()});
  return out;
}

at::Tensor attend(const KernelSet& kernels, const Prepared& q, const Prepared& k, const at::Tensor& v,
                  const SlaProjection& projection, const SlaOptions& options, ValueType values) {
  const std::int64_t batch = v.size(0), length = v.size(1), heads = v.size(2),
                     kept = kept_blocks(k.blocks(), options.topk);
  const at::Tensor from = operand(v, at::kBFloat16), weight = operand(projection.weight, at::kFloat),
                   bias = operand(projection.bias, at::kFloat);

  const at::Tensor lut = empty({batch, heads, q.blocks(), kept}, v, at::kInt);
  kernels.block_topk({floats(q.mean), floats(k.mean), batch * heads * q.blocks(), q.blocks(), k.blocks(), dim,
                      kept, lut.mutable_data_ptr<std::int32_t>()});

  const std::int64_t rows = share_rows(length);
  const at::Tensor parts =
      empty({batch * heads, ceil_div(length, rows), kernels::kvsum_dim + 1, dim}, v, at::kFloat);
  const at::Tensor v_half = empty(v.sizes(), v, at::kHalf), m = empty({batch, heads, dim, dim}, v, at::kHalf),
                   m_scale = empty({batch, heads}, v, at::kFloat),
                   k_sum = empty({batch, heads, dim}, v, at::kFloat);
  kernels.kvsum({bits(k.x), bits(from), batch, length, heads, rows, floats(weight),
                 parts.mutable_data_ptr<float>(), mutable_bits(v_half), mutable_bits(m),
                 m_scale.mutable_data_ptr<float>(), k_sum.mutable_data_ptr<float>()});

  const std::optional<kernels::SlaVariant> variant = variant_of(options);
  const bool e4m3 = values == ValueType::e4m3 && *variant == kernels::SlaVariant::sage_128x64;
  const E4m3Values narrow = e4m3 ? quantised_values(kernels, from) : E4m3Values();
  const at::Tensor out = empty(v.sizes(), v, at::kBFloat16);
  kernels.sagesla_fwd(
      {batch, length, heads, q.values.const_data_ptr<std::int8_t>(), k.values.const_data_ptr<std::int8_t>(),
       floats(q.scale), floats(k.scale), bits(v_half), lut.const_data_ptr<std::int32_t>(), kept, bits(q.x),
       bits(m), floats(m_scale), floats(k_sum), floats(bias), mutable_bits(out), bits(k.x),
       e4m3 ? narrow.values.const_data_ptr<std::uint8_t>() : nullptr, floats(narrow.scale)},
      e4m3 ? kernels::SlaVariant::sage_e4m3_128x64 : *variant);
  return out;
}

}  // namespace

bool takes_sla(const at::Tensor& v, const SlaOptions& options) {
  return variant_of(options) && options.feature_map == FeatureMap::softmax &&
         v.scalar_type() == at::kBFloat16 && v.size(3) == dim && v.numel() > 0 &&
         ceil_div(v.size(1), options.tiling.k_rows) <= kernels::block_topk_most_blocks;
}

at::Tensor sla(const KernelSet& kernels, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
               const SlaProjection& projection, const SlaOptions& options, ValueType values) {
  return attend(kernels, prepare(kernels, q, options.tiling.q_rows, /*centre=*/false),
                prepare(kernels, k, options.tiling.k_rows, /*centre=*/true), v, projection, options, values);
}

at::Tensor normed_sla(const KernelSet& kernels, at::Tensor q, at::Tensor k, const at::Tensor& v,
                      const QkNorm& norm, const SlaProjection& projection, const SlaOptions& options,
                      ValueType values) {
  const Prepared queries = norm_and_prepare(kernels, q, norm.q_weight, norm, options.tiling.q_rows, false);
  q.reset();
  const Prepared keys = norm_and_prepare(kernels, k, norm.k_weight, norm, options.tiling.k_rows, true);
  k.reset();
  return attend(kernels, queries, keys, v, projection, options, values);
}

}  // namespace turbodiff::ops::device
