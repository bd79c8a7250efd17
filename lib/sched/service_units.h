// systemd units for the daemon, or for `run --once` at the times when off-peak time begins. Pure text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::sched {

struct ServiceSettings {
  std::filesystem::path program = {};      ///< absolute
  std::vector<std::string> global = {};    ///< options before the command: --tariff NAME, --store FILE, ...
  std::vector<std::string> options = {};   ///< options of `daemon` or `run --once`
  bool once = false;                       ///< a timer and `run --once` instead of the daemon
  bool system = false;                     ///< for the machine, not for one user
  std::vector<std::string> calendar = {};  ///< OnCalendar lines of the timer
  std::vector<std::filesystem::path> writable = {};  ///< for the machine: folders beside the service's own
};

struct UnitFile {
  std::string name;  ///< "turbodiff-sched.service"
  std::string text;
  std::filesystem::path folder = {};  ///< where it belongs, when not to the units
};

/// The service, followed by the timer where `once` is set. For the machine what its user needs comes first:
/// the user himself, what he may read and write of the kernel's, and that he may switch off.
std::vector<UnitFile> service_units(const ServiceSettings& settings);

/// A word of ExecStart: quoted where it has to be, `%` and `$` doubled (systemd.service(5)).
std::string unit_word(const std::string& word);

/// OnCalendar lines that start `run --once` whenever off-peak time begins from `from` on: all times of day at
/// which it does so on any day of the next years, whatever season, weekday or holiday that is, each daily and
/// in the tariff's zone ("*-*-* 22:00:00 Asia/Shanghai"); a start on a day when nothing begins then costs
/// nothing. A time that an autumn's night shows twice is told as that instant besides. Every quarter of an
/// hour, or as often as prices change if that is more, where they come as a series, and where the times are
/// too many. Every hour where off-peak time never begins: it lasts, or there is none.
std::vector<std::string> timer_lines(const tariff::Tariff& tariff, tariff::Seconds from);

}  // namespace turbodiff::sched
