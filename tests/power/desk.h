// A machine whose batch has just finished, in a folder of its own and with a logind of its own.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "power/login1.h"
#include "power/private_bus.h"
#include "power/switch_off.h"

namespace turbodiff::testing {

namespace fs = std::filesystem;
using namespace turbodiff::power;
constexpr std::int64_t start = 1'800'000'000;

inline PrivateBus& bus() {
  static PrivateBus shared;
  return shared;
}

/// A machine with nothing against its being switched off, and a batch that has just finished.
struct Desk {
  TempDir folder;
  core::ManualClock clock{core::WallTime(std::chrono::seconds(start))};
  std::ostringstream lines;
  core::Console console{lines, {}};
  core::Log log{console};
  SwitchOffSettings settings;
  BatchState rest{.finished = true, .done = 1};

  Desk() {
    bus().take_actions();
    fs::create_directory(folder / "inbox");
    write_file(folder / "wakealarm", "");
    settings.folder = folder / "jobs.db-files";
    settings.inbox = folder / "inbox";
    settings.wake_alarm = [this] { return WakeAlarm(folder / "wakealarm"); };
    settings.connect = [] { return std::make_unique<Login1>(); };
    settings.label = [](std::int64_t at) { return std::to_string(at); };
  }
  SwitchOff make() { return SwitchOff(settings, clock, log); }
  OperatorFiles files() const { return OperatorFiles(settings.folder); }
  std::optional<std::int64_t> look(SwitchOff& off) {
    rest.now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
    return off.look(rest);
  }
};

}  // namespace turbodiff::testing
