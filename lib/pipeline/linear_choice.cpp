#include "pipeline/linear_choice.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "core/speed_file.h"
#include "ops/int8/int8_speed.h"

namespace turbodiff::pipeline {

std::optional<double> int8_speedup(const Runtime& runtime, const std::filesystem::path& cache_folder) {
  if (runtime.device.is_cuda()) return ops::int8_speedup(runtime.device, runtime.type);
  // The file may change, or be impossible to write, under a process that has chosen.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::map<std::pair<std::filesystem::path, std::string>, double> known;
  const std::string figure = "int8 over " + runtime.type_name();
  const auto place = known.find({cache_folder, figure});
  if (place != known.end()) return place->second;
  const core::SpeedFile file(cache_folder, TURBODIFF_VERSION);
  std::optional<double> speedup = file.find(figure, core::SpeedOf::core);
  if (!speedup) {
    speedup = ops::int8_speedup(runtime.device, runtime.type);
    if (speedup) file.keep(figure, *speedup, core::SpeedOf::core);
  }
  if (speedup) known[{cache_folder, figure}] = *speedup;
  return speedup;
}

LinearChoice choose_linear(std::optional<spec::QuantLinear> asked, bool stored_in_int8,
                           const std::function<std::optional<double>()>& speedup,
                           const std::function<bool()>& only_int8_fits) {
  using enum spec::QuantLinear;
  if (asked == off || (!asked && !stored_in_int8)) return {};
  if (asked == force) return {.kind = model::LinearKind::int8};
  const std::optional<double> found = speedup();
  if (ops::int8_pays(found)) return {.kind = model::LinearKind::int8, .speedup = found};
  if (only_int8_fits && only_int8_fits())
    return {.kind = model::LinearKind::int8, .for_memory = true, .speedup = found};
  return {.declined = true, .speedup = found};
}

LinearChoice settle_linear(std::optional<spec::QuantLinear> asked, const model::DitConfig& dit,
                           const Runtime& runtime, const std::filesystem::path& cache_folder,
                           const std::function<bool()>& only_int8_fits) {
  return choose_linear(
      asked, dit.int8_linear, [&] { return int8_speedup(runtime, cache_folder); }, only_int8_fits);
}

}  // namespace turbodiff::pipeline
