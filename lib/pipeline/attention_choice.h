// The self-attention of a request on a network, and the share of the keys that it uses.
#pragma once

#include <cstdint>

#include "model/wan_block.h"
#include "model/wan_config.h"
#include "pipeline/runtime.h"
#include "spec/choices.h"

namespace turbodiff::pipeline {

/// Automatic is sagesla where the checkpoint has SLA weights, else original. Error bad_request where a sparse
/// kind is requested and there are none.
spec::Attention settle_attention(spec::Attention asked, const model::DitConfig& dit);

/// The kind for a resolved attention.
model::SelfAttention::Kind kind_of(spec::Attention attention);

/// Key blocks of sparse attention over `tokens`.
struct KeyBlocks {
  std::int64_t kept = 0, of = 0;
  double share() const { return static_cast<double>(kept) / static_cast<double>(of); }
};
KeyBlocks key_blocks(std::int64_t tokens, double topk);

}  // namespace turbodiff::pipeline
