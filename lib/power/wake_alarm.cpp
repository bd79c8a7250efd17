#include "power/wake_alarm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "core/error.h"
#include "core/os/unique_fd.h"
#include "core/text/strings.h"

namespace turbodiff::power {
namespace {

constexpr std::int64_t clock_tolerance_s = 60;

core::UniqueFd open_or_throw(const std::filesystem::path& path, int flags) {
  core::UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category());
  return file;
}

std::string read_short(const std::filesystem::path& path) {
  const core::UniqueFd file = open_or_throw(path, O_RDONLY);
  char text[64];
  const ssize_t size = ::read(file.get(), text, sizeof text);
  if (size < 0) throw std::system_error(errno, std::generic_category());
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

AlarmFile alarm_file(const std::filesystem::path& path) {
  return {[path](const std::string& text) {
            const core::UniqueFd file = open_or_throw(path, O_WRONLY | O_TRUNC);
            const ssize_t written = ::write(file.get(), text.data(), text.size());
            if (written != static_cast<ssize_t>(text.size()))
              throw std::system_error(written < 0 ? errno : EIO, std::generic_category());
          },
          [path] { return read_short(path); }};
}

WakeAlarm::WakeAlarm(const std::filesystem::path& path) : path_(path), file_(alarm_file(path)) {}
WakeAlarm::WakeAlarm(std::filesystem::path path, AlarmFile file)
    : path_(std::move(path)), file_(std::move(file)) {}

void WakeAlarm::clear() {
  try {
    file_.write("0\n");
  } catch (const std::system_error& error) {
    throw Error::work_failed(
        fmt::format("cannot clear the wake alarm {}: {}", path_.string(), error.code().message()),
        "set power.wake_alarm, or run as root");
  }
}

void WakeAlarm::clear_if(std::int64_t at) {
  std::string found;
  try {
    found = file_.read();
  } catch (const std::system_error& error) {
    throw Error::work_failed(
        fmt::format("cannot read the wake alarm {}: {}", path_.string(), error.code().message()));
  }
  if (core::parse_integer(core::trim(found)) == at) clear();
}

void WakeAlarm::arm(std::int64_t at, std::int64_t now) {
  std::error_code ignored;
  if (const auto clock = path_.parent_path() / "since_epoch"; std::filesystem::exists(clock, ignored)) {
    std::optional<std::int64_t> chip;
    try {
      chip = core::parse_integer(core::trim(read_short(clock)));
    } catch (const std::system_error&) {
      // As unreadable as no number.
    }
    if (!chip || std::abs(*chip - now) > clock_tolerance_s)
      throw Error::work_failed(
          fmt::format("the clock of {} {}", path_.parent_path().string(),
                      chip ? fmt::format("is {} s off UTC", *chip - now) : "cannot be read"),
          "let it keep UTC ('timedatectl set-local-rtc 0')");
  }
  // An alarm that is set already makes the next write fail with EBUSY.
  clear();
  std::string found;
  try {
    file_.write(fmt::format("{}\n", at));
    found = std::string(core::trim(file_.read()));
  } catch (const std::system_error& error) {
    throw Error::work_failed(
        fmt::format("cannot set the wake alarm {}: {}", path_.string(), error.code().message()));
  }
  const auto set = core::parse_integer(found);
  if (!set || std::abs(*set - at) > 1)
    throw Error::work_failed(
        fmt::format("the wake alarm {} reads '{}' after {} was written", path_.string(), found, at),
        "this clock chip cannot wake the machine");
}

}  // namespace turbodiff::power
