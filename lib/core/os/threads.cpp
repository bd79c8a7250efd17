#include "core/os/threads.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/os/system_info.h"
#include "core/text/strings.h"

namespace turbodiff::core {
namespace {

constexpr int most_threads = 4096;  // as --threads

}  // namespace

std::optional<int> wanted_threads(const Environment& environment) {
  const auto number = [&](std::string_view name) -> std::optional<int> {
    const std::string text = environment.get(name).value_or("");
    const auto value = parse_integer(trim(std::string_view(text).substr(0, text.find(','))));
    if (!value || *value < 1) return std::nullopt;
    return static_cast<int>(std::min<std::int64_t>(*value, most_threads));
  };
  const auto wanted = number("OMP_NUM_THREADS");
  if (!wanted) return std::nullopt;
  return std::min(*wanted, number("OMP_THREAD_LIMIT").value_or(most_threads));
}

int default_threads() {
  if (const auto wanted = wanted_threads()) return *wanted;
  return cpu_info().allowed_cores;
}

}  // namespace turbodiff::core
