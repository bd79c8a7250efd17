#include "pipeline/attention_choice.h"

#include <fmt/format.h>

#include "core/error.h"
#include "ops/block_map.h"

namespace turbodiff::pipeline {

spec::Attention settle_attention(spec::Attention asked, const model::DitConfig& dit) {
  using enum spec::Attention;
  if (asked == automatic) return dit.sparse_linear_attention ? sagesla : original;
  if (asked != original && !dit.sparse_linear_attention)
    throw Error::bad_request(fmt::format("--attention {} needs a checkpoint with proj_l weights, such as "
                                         "TurboWan2.1-T2V-1.3B-480P.pth",
                                         spec::name_of(asked)),
                             "use --attention original");
  return asked;
}

model::SelfAttention::Kind kind_of(spec::Attention attention) {
  switch (attention) {
    case spec::Attention::sla:
      return model::SelfAttention::Kind::sla;
    case spec::Attention::sagesla:
      return model::SelfAttention::Kind::sagesla;
    default:
      return model::SelfAttention::Kind::full;
  }
}

KeyBlocks key_blocks(std::int64_t tokens, double topk) {
  const std::int64_t rows = ops::BlockTiling{}.k_rows, blocks = (tokens + rows - 1) / rows;
  return {ops::kept_blocks(blocks, topk), blocks};
}

}  // namespace turbodiff::pipeline
