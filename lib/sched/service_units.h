// systemd units for the daemon, or for `run --once` at the hours when off-peak time begins. Pure text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tariff/local_zone.h"
#include "tariff/price_curve.h"

namespace turbodiff::sched {

struct ServiceSettings {
  std::filesystem::path program;      ///< absolute
  std::vector<std::string> global;    ///< options before the command: --tariff NAME, --store FILE, ...
  std::vector<std::string> options;   ///< options of `daemon` or `run --once`
  bool once = false;                  ///< a timer and `run --once` instead of the daemon
  bool system = false;                ///< for the machine, not for one user
  std::vector<std::string> calendar;  ///< OnCalendar lines of the timer
};

struct UnitFile {
  std::string name;  ///< "turbodiff-sched.service"
  std::string text;
};

/// The service, followed by the timer where `once` is set.
std::vector<UnitFile> service_units(const ServiceSettings& settings);

/// A word of ExecStart: quoted where it has to be, `%` and `$` doubled (systemd.service(5)).
std::string unit_word(const std::string& word);

/// OnCalendar lines for the times of day in `zone` at which off-peak time begins in `curve`, of some days:
/// "*-*-* 22:00:00 Asia/Shanghai". Every hour where they are more than `most`, as with day-ahead prices, or
/// where there are none.
std::vector<std::string> window_starts(const tariff::PriceCurve& curve, const tariff::LocalZone& zone,
                                       std::size_t most = 4);

}  // namespace turbodiff::sched
