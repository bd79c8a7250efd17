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

/// How many times as fast as layers in `runtime`'s type int8 ones are on its device (ops/int8_speed.h). On
/// the CPU what was measured before counts, in this process or, by the cache folder, in another, so that the
/// choice stays the same.
std::optional<double> int8_speedup(const Runtime& runtime, const std::filesystem::path& cache_folder);

struct LinearChoice {
  model::LinearKind kind = model::LinearKind::plain;
  bool declined = false;    ///< int8 is asked for, or is how the checkpoint has them, and does not pay
  bool for_memory = false;  ///< int8 does not pay, and only int8 layers fit
  std::optional<double> speedup = {};  ///< as int8_speedup(), where the choice went by it
};

/// In int8 where that is asked for or, when nothing is, where the checkpoint has them so, unless it is no
/// faster and not forced. `speedup` is called where the choice goes by it, and `only_int8_fits` (empty:
/// never) where plain layers would run although int8 ones were wanted.
LinearChoice choose_linear(std::optional<spec::QuantLinear> asked, bool stored_in_int8,
                           const std::function<std::optional<double>()>& speedup,
                           const std::function<bool()>& only_int8_fits = {});
/// By the speeds of `runtime`.
LinearChoice settle_linear(std::optional<spec::QuantLinear> asked, const model::DitConfig& dit,
                           const Runtime& runtime, const std::filesystem::path& cache_folder,
                           const std::function<bool()>& only_int8_fits = {});

}  // namespace turbodiff::pipeline
