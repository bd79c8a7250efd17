// turbodiff-sched in a workplace of its own, with tariffs whose cheap window is open or closed now.
#pragma once

#include <ctime>
#include <functional>

#include "json_schema.h"
#include "turbodiff_process.h"
#include "waiting.h"

namespace turbodiff::testing {

class SchedPlace {
 public:
  SchedPlace() {
    place_.set("TURBODIFF_STORE", place_.text_path("jobs.db"));
    // Whatever this machine meters.
    place_.set("TURBODIFF_ENERGY_GPU", "off");
    place_.set("TURBODIFF_ENERGY_CPU", "on");
    place_.set("TURBODIFF_POWERCAP", place_.text_path("no-powercap"));
    write_file(place_.path("open.yaml"), tariff("open", "[ { rate: valley } ]"));
    write_closed_tariff("closed.yaml", closed_opens_);
  }

  /// A tariff that is cheap from `opens` (a whole minute, seconds since 1970) for an hour.
  void write_closed_tariff(const std::string& name, std::int64_t opens) const {
    const std::int64_t minute = opens / 60 % 1440;
    const auto hour = [](std::int64_t at) { return fmt::format("{:02}:{:02}", at / 60 % 24, at % 60); };
    write_file(place_.path(name), tariff("closed", "[ { hours: \"" + hour(minute) + "-" + hour(minute + 60) +
                                                       "\", rate: valley }, { rate: peak } ]"));
  }

  /// When closed.yaml is cheap: from an hour that is far from now.
  std::int64_t closed_opens() const { return closed_opens_; }

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
  /// Waits for a job that a daemon runs: the exit code.
  int wait_for_job(std::int64_t id) const {
    return run({"wait", std::to_string(id), "--timeout", patience_text}).code;
  }

 private:
  static std::string tariff(const std::string& name, const std::string& calendar) {
    return "version: 1\nname: " + name +
           "\ntimezone: UTC\ncurrency: EUR\nrates: { peak: { price: 0.5 }, valley: { price: 0.2, off_peak: "
           "true } }\n"
           "calendar: " +
           calendar + "\n";
  }
  Workplace place_;
  std::int64_t closed_opens_ = (std::time(nullptr) / 3600 + 6) * 3600;
};

}  // namespace turbodiff::testing
