// Whether a network's linear layers run in int8.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "model/wan_block.h"
#include "model/wan_config.h"
#include "pipeline/runtime.h"
#include "spec/choices.h"

namespace turbodiff::pipeline {

/// The speed of int8 layers on the runtime's device relative to layers in `runtime`'s type
/// (ops/int8/int8_speed.h). On the CPU an earlier measurement is used, of this process or, from the cache folder,
/// of another, so that the choice stays the same.
std::optional<double> int8_speedup(const Runtime& runtime, const std::filesystem::path& cache_folder);

struct LinearChoice {
  model::LinearKind kind = model::LinearKind::plain;
  /// Whether int8 is requested, or stored in the checkpoint, and not used because it is not faster.
  bool declined = false;
  /// Whether int8 is used although it is not faster, because plain layers do not fit into memory.
  bool for_memory = false;
  std::optional<double> speedup = {};  ///< as int8_speedup(), where the choice depended on it
};

/// In int8 where that is requested or, without a request, where the checkpoint stores int8, unless it is not
/// faster and not forced. `speedup` is called where the choice depends on it, and `only_int8_fits` (empty:
/// never) where plain layers would run although int8 ones were wanted.
LinearChoice choose_linear(std::optional<spec::QuantLinear> asked, bool stored_in_int8,
                           const std::function<std::optional<double>()>& speedup,
                           const std::function<bool()>& only_int8_fits = {});
/// The choice with the speeds of `runtime`.
LinearChoice settle_linear(std::optional<spec::QuantLinear> asked, const model::DitConfig& dit,
                           const Runtime& runtime, const std::filesystem::path& cache_folder,
                           const std::function<bool()>& only_int8_fits = {});

}  // namespace turbodiff::pipeline
