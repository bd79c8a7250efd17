#include "core/speed_file.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/system_info.h"
#include "core/text/counted.h"
#include "core/text/strings.h"

namespace turbodiff::core {

namespace {
using Json = nlohmann::ordered_json;

/// The figures of `machine`; an empty object where there are none.
Json read(const std::filesystem::path& path, const std::string& machine) {
  std::ifstream in(path);
  const Json document = in ? Json::parse(in, nullptr, false) : Json();
  if (!document.is_object() || document.value("machine", Json()) != machine) return Json::object();
  const auto figures = document.find("figures");
  return figures != document.end() && figures->is_object() ? *figures : Json::object();
}
}  // namespace

SpeedFile::SpeedFile(const std::filesystem::path& cache_folder, std::string program) {
  if (cache_folder.empty()) return;
  path_ = cache_folder / "speed.json";
  const CpuInfo cpu = cpu_info();
  machine_ = fmt::format("{}, {}, {}", cpu.model, join(cpu.features, " "), program);
  cores_ = cpu.allowed_cores;
}

std::string SpeedFile::key(const std::string& name, SpeedOf of) const {
  return of == SpeedOf::core ? name : fmt::format("{} with {}", name, counted(cores_, "core"));
}

std::optional<double> SpeedFile::find(const std::string& name, SpeedOf of) const {
  if (path_.empty()) return std::nullopt;
  const Json figures = read(path_, machine_);
  const auto found = figures.find(key(name, of));
  if (found == figures.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

void SpeedFile::keep(const std::string& name, double value, SpeedOf of) const {
  if (path_.empty()) return;
  try {
    Json figures = read(path_, machine_);
    figures[key(name, of)] = value;
    std::filesystem::create_directories(path_.parent_path());
    OutputFile file(path_, /*force=*/true);
    std::ofstream(file.temp_path()) << Json{{"machine", machine_}, {"figures", figures}}.dump(1) << "\n";
    file.commit();
  } catch (const std::exception&) {
    // The next process measures again.
  }
}

}  // namespace turbodiff::core
