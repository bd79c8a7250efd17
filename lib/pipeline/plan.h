// The resources of a request, before anything large is read: shapes, memory, work, and whether it can run at
// all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "pipeline/attention_choice.h"
#include "pipeline/components.h"
#include "pipeline/estimate.h"
#include "pipeline/linear_choice.h"
#include "pipeline/runtime.h"
#include "spec/generation_request.h"

namespace turbodiff::pipeline {

struct Plan {
  Runtime runtime;
  LatentShape latent{};
  std::int64_t tokens = 0;
  std::optional<std::size_t> cut_prompt;  ///< tokens of a prompt that is longer than the text encoder reads
  std::int64_t memory_bytes = 0;  ///< at the peak, mapped weights that the kernel may drop not counted
  std::int64_t mapped_bytes = 0;  ///< weights used where the files are mapped
  double text_flops = 0, denoise_flops = 0, decode_flops = 0;  ///< of one sample
  Traffic traffic;                                             ///< of one sample, all stages
  double loaded_bytes = 0;  ///< weights copied or converted before the first step
  double pixels = 0;        ///< of one sample, all frames
  spec::Attention attention = spec::Attention::original;  ///< never automatic
  std::optional<KeyBlocks> key_blocks;                    ///< of sparse attention
  LinearChoice linear;
  double linear_flops = 0;  ///< of denoise_flops, those of layers that may run in int8
  /// Whether the checkpoint was trained with SLA and runs with full attention.
  bool ignores_sparse_attention = false;
};

/// Error bad_request for what this version or this model does not support, refused when the machine's memory
/// is too small. `cache_folder` stores measurements that are made for the plan; empty: nothing is stored.
Plan make_plan(const spec::GenerationRequest& request, const Components& components,
               const std::filesystem::path& cache_folder = {});

}  // namespace turbodiff::pipeline
