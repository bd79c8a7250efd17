// Converts a checkpoint: into safetensors under Wan's own names, into another element type, or with the
// linear layers of the transformer's blocks in int8 (ops/int8/int8_linear.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "core/dtype.h"
#include "weights/name_map.h"

namespace turbodiff::pipeline {

struct Conversion {
  std::filesystem::path from, to;  ///< any format the engine reads; `to` ends in .safetensors
  std::optional<weights::Component> component = {};  ///< unset: recognised by its tensors
  /// Of floating-point tensors; unset: as stored, block formats become bf16.
  std::optional<Dtype> dtype = {};
  bool quant_linear = false;  ///< transformers only
  bool force = false;
};

struct Converted {
  weights::Component component = weights::Component::dit;
  std::int64_t tensors = 0, quantised = 0;  ///< written; layers made int8
  std::int64_t dropped = 0;                 ///< tensors of the source that are not part of the component
  std::uint64_t bytes = 0;
};

/// What weights do not determine (the number of heads, the sizes and sampler it was trained for) goes into
/// the metadata, from the config.json beside `from`, its own metadata, or its published name. Reads and
/// writes one tensor at a time; `to` is written atomically. `proj_l` stays in fp32, as published.
/// `on_bytes(done, total)` is called after each tensor. Error bad_request for files that do not fit (and for
/// an existing `to` without `force`), refused on a full disk, interrupted after a signal.
Converted convert(const Conversion& wanted,
                  const std::function<void(std::uint64_t, std::uint64_t)>& on_bytes = {});

}  // namespace turbodiff::pipeline
