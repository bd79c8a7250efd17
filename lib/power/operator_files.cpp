#include "power/operator_files.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/private_file.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::power {
namespace fs = std::filesystem;
namespace {

void write(const fs::path& file, const std::string& text) {
  std::error_code ignored;
  core::create_private_folder(file.parent_path(), ignored);
  // Whole or not at all, as others read it at any moment.
  const fs::path temporary = file.string() + ".new";
  core::touch_private(temporary);
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) throw Error::work_failed(fmt::format("cannot write {}", temporary.string()));
  }
  std::error_code error;
  fs::rename(temporary, file, error);
  if (error) throw Error::work_failed(fmt::format("cannot write {}: {}", file.string(), error.message()));
}

}  // namespace

OperatorFiles::OperatorFiles(fs::path folder) : folder_(std::move(folder)) {}

std::string OperatorFiles::hold() const {
  std::error_code error;
  const bool there = fs::exists(fs::symlink_status(hold_file(), error));
  if (!there) return {};
  std::ifstream in(hold_file());
  std::string line;
  std::getline(in, line);
  const std::string why = core::excerpt(std::string(core::trim(line)), 80);
  return fmt::format("{} is there{}", hold_file().string(), why.empty() ? "" : ": " + why);
}

void OperatorFiles::set_hold(const std::string& why) const {
  write(hold_file(), why + "\n");
}

bool OperatorFiles::release_hold() const {
  return remove(hold_file());
}

std::optional<CountdownNote> OperatorFiles::countdown() const {
  std::ifstream in(countdown_file());
  const auto note = nlohmann::json::parse(in, nullptr, false);
  if (!note.is_object()) return std::nullopt;
  try {
    CountdownNote read{note.at("action"), note.at("at"), note.at("pid")};
    if (read.pid <= 0 || (::kill(static_cast<pid_t>(read.pid), 0) != 0 && errno == ESRCH))
      return std::nullopt;
    return read;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

void OperatorFiles::write_countdown(const CountdownNote& note) const {
  write(countdown_file(),
        nlohmann::json({{"action", note.action}, {"at", note.at}, {"pid", note.pid}}).dump() + "\n");
}

bool OperatorFiles::remove_countdown() const {
  return remove(countdown_file());
}

bool OperatorFiles::has_countdown() const {
  std::error_code error;
  return fs::exists(countdown_file(), error);
}

std::optional<std::int64_t> OperatorFiles::alarm() const {
  std::ifstream in(alarm_file());
  std::string line;
  std::getline(in, line);
  return core::parse_integer(core::trim(line));
}

void OperatorFiles::note_alarm(std::int64_t at) const {
  write(alarm_file(), std::to_string(at) + "\n");
}

void OperatorFiles::forget_alarm() const {
  remove(alarm_file());
}

bool OperatorFiles::remove(const fs::path& file) const {
  std::error_code error;
  const bool removed = fs::remove(file, error);
  if (error) throw Error::work_failed(fmt::format("cannot remove {}: {}", file.string(), error.message()));
  return removed;
}

FolderWatch::FolderWatch(const fs::path& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_)
    ::inotify_add_watch(fd_.get(), folder.c_str(), IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM);
}

bool FolderWatch::has_changed() {
  alignas(inotify_event) char events[4096];
  bool changed = false;
  while (fd_ && ::read(fd_.get(), events, sizeof events) > 0) changed = true;
  return changed;
}

}  // namespace turbodiff::power
