#include "meter/power_cap.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/output_file.h"

namespace turbodiff::meter {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

Json read_state(const fs::path& file) {
  std::ifstream in(file);
  const Json state = Json::parse(in, nullptr, false);
  return state.is_object() ? state : Json::object();
}

}  // namespace

PowerCap::PowerCap(Nvml& nvml, fs::path state_file) : nvml_(nvml), file_(std::move(state_file)) {}

PowerCap::~PowerCap() {
  try {
    restore();
  } catch (const std::exception&) {
    // The file is still there.
  }
}

void PowerCap::remember() {
  std::error_code error;
  if (fs::exists(file_, error)) return;  // what was in force first counts
  Json state = Json::object();
  for (std::size_t i = 0; i < nvml_.count(); ++i)
    if (const auto limit = nvml_.power_limit(i)) state[nvml_.uuid(i)] = limit->current_mw;
  fs::create_directories(file_.parent_path(), error);
  core::OutputFile out(file_, true);
  std::ofstream(out.temp_path(), std::ios::trunc) << state.dump() << '\n';
  out.commit();
}

void PowerCap::apply(std::int64_t milliwatts) {
  for (std::size_t i = 0; i < nvml_.count(); ++i)
    if (!nvml_.power_limit(i))
      throw Error::bad_request(
          fmt::format("GPU {}, {}, has no power limit that can be set", i, nvml_.name(i)),
          "leave --power-limit out");
  remember();
  for (std::size_t i = 0; i < nvml_.count(); ++i) {
    const auto limit = nvml_.power_limit(i);
    const std::string problem =
        nvml_.set_power_limit(i, std::clamp(milliwatts, limit->min_mw, limit->max_mw));
    if (problem.empty()) continue;
    restore();
    throw Error::refused(fmt::format("cannot set the power limit of GPU {}: {}", i, problem),
                         "power limits need root; leave --power-limit out");
  }
}

std::string PowerCap::restore() {
  std::error_code error;
  if (!fs::exists(file_, error)) return {};
  const Json state = read_state(file_);
  std::string problem;
  for (const auto& [uuid, milliwatts] : state.items()) {
    if (!milliwatts.is_number_integer()) continue;
    std::string wrong = fmt::format("GPU {} is not there", uuid);
    for (std::size_t i = 0; i < nvml_.count(); ++i)
      if (nvml_.uuid(i) == uuid) {
        const auto limit = nvml_.power_limit(i);
        const bool back = limit && limit->current_mw == milliwatts.get<std::int64_t>();
        wrong = back ? std::string() : nvml_.set_power_limit(i, milliwatts.get<std::int64_t>());
      }
    if (!wrong.empty()) problem = wrong;
  }
  if (problem.empty()) fs::remove(file_, error);
  return problem;
}

CapPoint choose_cap(const std::vector<CapPoint>& points, double max_slowdown, double seconds,
                    const std::function<double(double seconds, double gpu_watts)>& cost) {
  CapPoint best = points.front();
  double least = cost(seconds, best.gpu_watts);
  for (const CapPoint& point : points) {
    const double slowdown = points.front().seconds > 0 ? point.seconds / points.front().seconds : 1;
    if (slowdown > max_slowdown) continue;
    const double money = cost(seconds * slowdown, point.gpu_watts);
    if (money < least) {
      least = money;
      best = point;
    }
  }
  return best;
}

}  // namespace turbodiff::meter
