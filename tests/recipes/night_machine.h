// A machine for whole nights: a home with an example's settings, a logind and a wake alarm of the test's own,
// and a clock that is compressed while the machine is on and jumps while it is off.
#pragma once

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>

#include "power/private_bus.h"
#include "turbodiff_process.h"
#include "waiting.h"

namespace turbodiff::testing {

class NightMachine {
 public:
  NightMachine() {
    bus().take_actions();
    place_.set("DBUS_SYSTEM_BUS_ADDRESS", bus().address());
    place_.set("PATH", bin().string() + ":/usr/bin:/bin");
    place_.set("USER", "me");
    place_.set("TURBODIFF_ENERGY_GPU", "off");
    place_.set("TURBODIFF_ENERGY_CPU", "off");
    place_.set("TURBODIFF_WATTS", "200");
    std::filesystem::create_directories(home() / ".config/turbodiff");
    write_file(alarm_file(), "");
  }
  ~NightMachine() { off(); }

  static PrivateBus& bus() {
    static PrivateBus shared;
    return shared;
  }
  static std::filesystem::path bin() { return program_path().parent_path(); }
  static std::filesystem::path example(const std::string& name) {
    return std::filesystem::path(TURBODIFF_SOURCE_DIR) / "examples" / name;
  }
  std::filesystem::path home() const { return place_.path("home"); }
  std::filesystem::path alarm_file() const { return place_.path("wakealarm"); }
  /// What the chip would wake the machine at; 0: never.
  std::int64_t alarm() const { return std::atoll(read_file(alarm_file()).c_str()); }

  /// The example as the user's settings, with this machine's wake alarm and `replacements` in its text.
  void configure(const std::string& name, const std::string& alarm = "",
                 const std::vector<std::pair<std::string, std::string>>& replacements = {}) {
    std::string text = read_file(example("recipes/" + name));
    for (const auto& [what, by] : replacements) {
      const std::size_t at = text.find(what);
      REQUIRE_MESSAGE(at != std::string::npos, what);
      text.replace(at, what.size(), by);
    }
    const std::size_t power = text.find("power:\n");
    if (power != std::string::npos)
      text.insert(power + 7, "  wake_alarm: " + (alarm.empty() ? alarm_file().string() : alarm) + "\n");
    write_file(home() / ".config/turbodiff/config.yaml", text);
  }

  /// That many days from today and hours of Asia/Shanghai, as seconds since 1970. Never in the machine's
  /// past. Today is the day on which the test began, also when midnight passes meanwhile.
  static std::int64_t at(int days, int hour, int minute = 0) {
    static const std::int64_t today = std::time(nullptr) / 86400 * 86400;
    return today + days * 86400 + (hour - 8) * 3600 + minute * 60;
  }
  void set_time(std::int64_t instant) {
    start_ = static_cast<double>(instant);
    anchor_ = machine_s();
    place_.set("TURBODIFF_ALLOW_TEST_CLOCK", "1");
    place_.set("TURBODIFF_TEST_CLOCK", fmt::format("{},{:.6f},{}", instant, anchor_, rate));
  }
  double now() const { return start_ + (machine_s() - anchor_) * rate; }

  /// A line of a shell in the home.
  Finished shell(const std::string& line) const {
    const auto completed = core::run_process(shell_call(line));
    return {completed.status.code, completed.output, completed.errors};
  }
  nlohmann::json json(const std::string& command) const {
    const Finished finished = shell("turbodiff-sched " + command + " --json");
    REQUIRE_MESSAGE(finished.code == 0, finished.err);
    return finished.json();
  }
  /// What the unit that install-service writes with `options` starts.
  std::string service_command(const std::string& options) const {
    const Finished shown = shell("turbodiff-sched install-service --dry-run " + options);
    REQUIRE_MESSAGE(shown.code == 0, shown.err);
    const std::string key = "\nExecStart=";
    const std::size_t begin = shown.out.find(key) + key.size();
    return shown.out.substr(begin, shown.out.find('\n', begin) - begin);
  }
  nlohmann::json jobs() const { return json("list")["jobs"]; }
  std::size_t count_state(const std::string& state) const {
    const nlohmann::json all = jobs();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& job) { return job["state"] == state; }));
  }
  /// "2026-11-27T22:00:00Z" as seconds since 1970.
  static std::int64_t instant(const std::string& text) {
    std::tm utc{};
    REQUIRE(::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc) != nullptr);
    return ::timegm(&utc);
  }
  /// Each is done, was begun and ended in [from, to), has its video, and cost that price a kWh.
  void check_done(const nlohmann::json& all, std::int64_t from, std::int64_t to, double price) const {
    REQUIRE_FALSE(all.empty());
    for (const auto& job : all) {
      CAPTURE(job.dump());
      CHECK(job["state"] == "done");
      CHECK(instant(job["started"]) >= from);
      CHECK(instant(job["finished"]) < to);
      CHECK(std::filesystem::file_size(job["output"].get<std::string>()) > 1000);
      const double kwh = job["actual"]["kwh"];
      CHECK(kwh > 0);
      CHECK(job["actual"]["cost"].get<double>() == doctest::Approx(kwh * price).epsilon(0.001));
    }
  }

  /// Switched on at `instant`, with a service that runs `line`.
  void boot(std::int64_t instant, const std::string& line) {
    set_time(instant);
    bus().take_actions();
    actions_.clear();
    auto options = shell_call("exec " + line);
    options.errors = core::SubprocessOptions::Stream::pipe;
    options.on_errors = [this](std::string_view text) { told_ += std::string(text) + "\n"; };
    service_ = std::make_unique<core::Subprocess>(std::move(options));
  }
  /// As whoever switches the machine off ends its services.
  void off() {
    if (!service_) return;
    service_->signal(SIGTERM);
    const auto status = service_->wait(static_cast<double>(patience.count()));
    CHECK_MESSAGE((status && status->ok()), told_);
    service_.reset();
  }
  void wait_for(const char* what, const std::function<bool()>& condition) {
    const bool held =
        comes_true(condition, [&](double pause_s) { REQUIRE_MESSAGE(!service_->wait(pause_s), told_); });
    REQUIRE_MESSAGE(held, "waited in vain for " << std::string(what) << ":\n" << told_);
  }
  /// What the service has said.
  const std::string& told() const { return told_; }
  /// The methods of logind that change something, called since the machine was switched on.
  const std::vector<std::string>& actions() {
    for (std::string& name : bus().take_actions()) actions_.push_back(std::move(name));
    return actions_;
  }
  std::int64_t power_offs() {
    const std::vector<std::string>& all = actions();  // once: the list grows with the call
    return std::count(all.begin(), all.end(), "PowerOff");
  }
  Workplace& place() { return place_; }

 private:
  /// A minute passes in a second: a job of a second takes a minute, as real ones do.
  static constexpr double rate = 60;
  static double machine_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  core::SubprocessOptions shell_call(const std::string& line) const {
    core::SubprocessOptions options = place_.call({});
    options.argv = {"/bin/sh", "-c", line};
    options.working_directory = home();
    return options;
  }

  Workplace place_;
  double start_ = 0, anchor_ = 0;
  std::unique_ptr<core::Subprocess> service_;
  std::string told_;
  std::vector<std::string> actions_;
};

}  // namespace turbodiff::testing
