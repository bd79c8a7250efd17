// turbodiff-sched in a workplace of its own, with tariffs whose cheap window is open or closed now.
#pragma once

#include <ctime>
#include <functional>

#include "json_schema.h"
#include "turbodiff_process.h"

namespace turbodiff::testing {

/// Until the condition holds, while the program runs; however busy the machine is.
inline void wait_for(core::Subprocess& process, const std::function<bool()>& condition) {
  for (int i = 0; i < 4800; ++i) {
    if (condition()) return;
    REQUIRE_MESSAGE(!process.wait(0.025), "the program has ended early");
  }
  FAIL("waited in vain");
}

class SchedPlace {
 public:
  SchedPlace() {
    place_.set("TURBODIFF_STORE", place_.text_path("jobs.db"));
    // Whatever this machine meters.
    place_.set("TURBODIFF_ENERGY_GPU", "off");
    place_.set("TURBODIFF_ENERGY_CPU", "on");
    place_.set("TURBODIFF_POWERCAP", place_.text_path("no-powercap"));
    write_file(place_.path("open.yaml"), tariff("open", "[ { rate: valley } ]"));
    // Cheap in an hour that is far from now.
    const std::int64_t later = std::time(nullptr) + 6 * 3600;
    write_closed_tariff("closed.yaml", later - later % 3600);
  }

  /// A tariff that is cheap from `opens` (a whole minute, seconds since 1970) for an hour.
  void write_closed_tariff(const std::string& name, std::int64_t opens) const {
    const std::int64_t minute = opens / 60 % 1440;
    const auto hour = [](std::int64_t at) { return fmt::format("{:02}:{:02}", at / 60 % 24, at % 60); };
    write_file(place_.path(name), tariff("closed", "[ { hours: \"" + hour(minute) + "-" + hour(minute + 60) +
                                                       "\", rate: valley }, { rate: peak } ]"));
  }

  Workplace& place() { return place_; }
  std::string path(const std::string& name) const { return place_.text_path(name); }

  Finished run(std::vector<std::string> arguments) const {
    core::SubprocessOptions options = place_.call(std::move(arguments));
    options.argv[0] = (program_path().parent_path() / "turbodiff-sched").string();
    const auto completed = core::run_process(std::move(options));
    REQUIRE_MESSAGE(completed.status.signal == 0, completed.status.describe() << ": " << completed.errors);
    return {completed.status.code, completed.output, completed.errors};
  }
  core::SubprocessOptions call(std::vector<std::string> arguments) const {
    core::SubprocessOptions options = place_.call(std::move(arguments));
    options.argv[0] = (program_path().parent_path() / "turbodiff-sched").string();
    return options;
  }
  /// The JSON of a call that must succeed.
  nlohmann::json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Finished finished = run(std::move(arguments));
    REQUIRE_MESSAGE(finished.code == 0, finished.err);
    return finished.json();
  }
  /// Adds a tiny generation; more arguments may follow.
  std::int64_t add(const std::string& output, const std::vector<std::string>& more = {}) const {
    return add_sized(output, {"--steps", "1", "--frames", "5", "--size", "32x32"}, more);
  }
  std::int64_t add_sized(const std::string& output, std::vector<std::string> size,
                         const std::vector<std::string>& more = {}) const {
    size.insert(size.begin(), {"add", "a red circle", "-o", output});
    size.insert(size.end(), more.begin(), more.end());
    return json(size)["ids"][0];
  }
  nlohmann::json job(std::int64_t id) const { return json({"show", std::to_string(id)}); }

 private:
  static std::string tariff(const std::string& name, const std::string& calendar) {
    return "version: 1\nname: " + name +
           "\ntimezone: UTC\ncurrency: EUR\nrates: { peak: { price: 0.5 }, valley: { price: 0.2, off_peak: "
           "true } }\n"
           "calendar: " +
           calendar + "\n";
  }
  Workplace place_;
};

}  // namespace turbodiff::testing
