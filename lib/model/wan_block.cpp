#include "model/wan_block.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "ops/attention.h"
#include "ops/rms_norm.h"

namespace turbodiff::model {

WanBlock::WanBlock(const Parameters& parameters, const DitConfig& config, std::int64_t index, LinearKind kind)
    : heads_(config.heads), eps_(config.eps), type_(parameters.compute_type()), kind_(kind) {
  const std::string prefix = fmt::format("blocks.{}.", index);
  const std::int64_t dim = config.dim;
  const auto layer = [&](const char* name, std::int64_t out, std::int64_t in) {
    return kind == LinearKind::int8 ? Linear::load_int8(parameters, prefix + name, out, in)
                                    : Linear::load(parameters, prefix + name, out, in);
  };
  const auto square = [&](const char* name) { return layer(name, dim, dim); };
  const auto vector = [&](const char* name) { return parameters.get_f32(prefix + name, {dim}); };
  self_q_ = square("self_attn.q");
  self_k_ = square("self_attn.k");
  self_v_ = square("self_attn.v");
  self_o_ = square("self_attn.o");
  cross_q_ = square("cross_attn.q");
  cross_k_ = square("cross_attn.k");
  cross_v_ = square("cross_attn.v");
  cross_o_ = square("cross_attn.o");
  ffn_in_ = layer("ffn.0", config.ffn_dim, dim);
  ffn_out_ = layer("ffn.2", dim, config.ffn_dim);
  self_norm_q_ = vector("self_attn.norm_q.weight");
  self_norm_k_ = vector("self_attn.norm_k.weight");
  cross_norm_q_ = vector("cross_attn.norm_q.weight");
  cross_norm_k_ = vector("cross_attn.norm_k.weight");
  norm3_weight_ = vector("norm3.weight");
  norm3_bias_ = vector("norm3.bias");
  modulation_ = parameters.get_f32(prefix + "modulation", {1, 6, dim});
  if (config.sparse_linear_attention) {
    const std::string name = prefix + "self_attn.attn_op.local_attn.proj_l";
    const std::int64_t d = config.head_dim();
    projection_ = {parameters.get_f32(name + ".weight", {d, d}), parameters.get_f32(name + ".bias", {d})};
  }
}

void WanBlock::set_attention(const SelfAttention& attention) {
  if (attention.kind != SelfAttention::Kind::full && !projection_.weight.defined())
    throw Error::bad_request("this checkpoint has no proj_l weights, which sparse-linear attention needs",
                             "use full attention");
  attention_ = attention;
}

TextKeysValues WanBlock::project_text(const at::Tensor& text) const {
  const LinearInput rows(text, kind_);
  const std::vector<std::int64_t> shape{text.size(0), text.size(1), heads_, text.size(2) / heads_};
  return {ops::rms_norm(cross_k_(rows), cross_norm_k_, eps_, type_).view(shape), cross_v_(rows).view(shape)};
}

LinearInput WanBlock::self_attention(const LinearInput& h, const ops::RopeTable& rope) const {
  const std::vector<std::int64_t> shape{h.size(0), h.size(1), heads_, h.size(2) / heads_};
  const auto heads = [&](const Linear& layer) { return layer(h).view(shape); };
  if (attention_.kind != SelfAttention::Kind::full) {
    const bool int8 = attention_.kind == SelfAttention::Kind::sagesla;
    return {ops::normed_sla_attention(heads(self_q_), heads(self_k_), heads(self_v_),
                                      {self_norm_q_, self_norm_k_, eps_, rope.cos, rope.sin}, projection_,
                                      {.topk = attention_.topk, .int8_scores = int8})
                .flatten(2),
            kind_};
  }
  const auto normed = [&](const Linear& layer, const at::Tensor& weight) {
    return ops::rms_norm_rope(layer(h), weight, eps_, rope.cos, rope.sin).view(shape);
  };
  const at::Tensor q = normed(self_q_, self_norm_q_), k = normed(self_k_, self_norm_k_);
  return {ops::attention(q, k, heads(self_v_)).flatten(2), kind_};
}

LinearInput WanBlock::cross_attention(const LinearInput& h, const TextKeysValues& text,
                                      const at::Tensor& text_bias) const {
  const at::Tensor q = ops::rms_norm(cross_q_(h), cross_norm_q_, eps_, type_)
                           .view({h.size(0), h.size(1), heads_, h.size(2) / heads_});
  return {ops::attention(q, text.keys, text.values, text_bias).flatten(2), kind_};
}

void WanBlock::forward(at::Tensor& x, const at::Tensor& modulation, const ops::RopeTable& rope,
                       const TextKeysValues& text, const at::Tensor& text_bias, Trace* trace,
                       const std::string& trace_prefix) const {
  const auto keep = [&](const char* name, const at::Tensor& value) {
    if (trace != nullptr) (*trace)[trace_prefix + name] = value.to(at::kFloat).clone();
  };
  const at::Tensor m = modulation_ + modulation;
  const auto part = [&](std::int64_t i) { return m.dim() == 3 ? m.narrow(1, i, 1) : m.select(2, i); };
  const auto modulated = [&](std::int64_t scale, std::int64_t shift) {
    return LinearInput::modulated(x, part(scale), part(shift), eps_, type_, kind_);
  };
  const auto add = [&](const char* name, const Linear& layer, const LinearInput& input,
                       const at::Tensor& gate) {
    if (trace != nullptr) keep(name, layer(input));
    layer.add_to(x, input, gate);
  };

  add("self_attn", self_o_, self_attention(modulated(1, 0), rope), part(2));
  const auto text_query = LinearInput::normed(x, norm3_weight_, norm3_bias_, eps_, type_, kind_);
  add("cross_attn", cross_o_, cross_attention(text_query, text, text_bias), {});
  add("ffn", ffn_out_, ffn_in_.gelu(modulated(4, 3)), part(5));
  keep("out", x);
}

}  // namespace turbodiff::model
