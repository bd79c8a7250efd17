// systemd units for the daemon, or for `run --once` when off-peak time begins. Pure text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tariff/tariff.h"

namespace turbodiff::service {

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
  std::filesystem::path folder = {};  ///< the folder of the file, when it is not that of the units
};

/// The service, followed by the timer where `once` is set. For the machine, the files that the service's user
/// needs come first: the user itself, what it may read and write of the kernel's files, and the permission to
/// switch off.
std::vector<UnitFile> service_units(const ServiceSettings& settings);

/// A word of ExecStart: quoted where necessary, `%` and `$` doubled (systemd.service(5)).
std::string unit_word(const std::string& word);

/// OnCalendar lines that start `run --once` whenever off-peak time begins from `from` on: all times of day at
/// which it begins on any day of the next years, in any season, weekday or holiday, each daily and in the
/// tariff's zone ("*-*-* 22:00:00 Asia/Shanghai"); a start on a day when nothing begins then costs nothing. A
/// time that occurs twice in an autumn night is also listed as an instant. Every quarter of an hour, or as
/// often as prices change if that is more often, where prices are a series, and where there are too many
/// times. Every hour where off-peak time never begins: it is permanent, or there is none.
std::vector<std::string> timer_lines(const tariff::Tariff& tariff, tariff::Seconds from);

}  // namespace turbodiff::service
