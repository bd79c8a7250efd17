// How a request runs on a network: its self-attention, the share of the keys that looks at, its linear
// layers.
#pragma once

#include <cstdint>

#include "model/wan_block.h"
#include "model/wan_config.h"
#include "pipeline/runtime.h"
#include "spec/choices.h"

namespace turbodiff::pipeline {

/// Automatic is sagesla where the checkpoint has SLA weights, else original. Error bad_request where a sparse
/// kind is asked for and there are none.
spec::Attention settle_attention(spec::Attention asked, const model::DitConfig& dit);

/// Of a settled choice.
model::SelfAttention::Kind kind_of(spec::Attention attention);

/// How the linear layers run: in int8 where asked for or where the checkpoint has them so, unless that is
/// slower than `runtime`'s type on its device (ops/int8_speed.h).
model::LinearKind settle_linear(bool quant_linear, const model::DitConfig& dit, const Runtime& runtime);

/// Key blocks of sparse attention over `tokens`.
struct KeyBlocks {
  std::int64_t kept = 0, of = 0;
  double share() const { return static_cast<double>(kept) / static_cast<double>(of); }
};
KeyBlocks key_blocks(std::int64_t tokens, double topk);

}  // namespace turbodiff::pipeline
