#include "core/os/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/os/unique_fd.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace fs = std::filesystem;
namespace {

constexpr mode_t private_file_mode = S_IRUSR | S_IWUSR;
constexpr mode_t private_folder_mode = S_IRWXU;
constexpr mode_t of_others = S_IRWXG | S_IRWXO;

/// In single quotes as a shell reads it, so that the advice can be copied.
std::string shell_quoted(const fs::path& file) {
  return "'" + replace_all(escape_control(file.string()), "'", "'\\''") + "'";
}

}  // namespace

std::string read_secret_file(const fs::path& file, std::string_view setting, std::size_t longest) {
  const auto wrong = [&](const std::string& why, std::string hint = {}) {
    return Error::bad_request(fmt::format("{}: {}", setting, why), std::move(hint));
  };
  const std::string name = escape_control(file.string());
  const auto unreadable = [&](const char* why) {
    return wrong(fmt::format("cannot read '{}': {}", name, why));
  };
  const UniqueFd in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat info {};
  if (!in || ::fstat(in.get(), &info) != 0) throw unreadable(std::strerror(errno));
  if (S_ISDIR(info.st_mode)) throw unreadable("it is a folder");
  const bool handed_over = info.st_uid == 0 && ::geteuid() != 0;
  const mode_t forbidden = handed_over ? of_others & ~mode_t{S_IRGRP} : of_others;
  if ((info.st_mode & forbidden) != 0)
    throw wrong(
        fmt::format("the secret file '{}' is open to other users (mode {:04o})", name, info.st_mode & 07777U),
        fmt::format("run: chmod 600 {}", shell_quoted(file)));
  std::string text(longest + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(in.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw unreadable(std::strerror(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  std::string line(trim(std::string_view(text).substr(0, text.find('\n'))));
  if (line.empty()) throw wrong(fmt::format("'{}' is empty", name));
  return line;
}

int open_private(const fs::path& file, int flags) {
  // Whether the file is new must be known: the mode of one that is there is for make_private() to change.
  if ((flags & O_CREAT) != 0) {
    const int made = ::open(file.c_str(), flags | O_EXCL | O_CLOEXEC, private_file_mode);
    if (made >= 0) {
      ::fchmod(made, private_file_mode);
      return made;
    }
    if (errno != EEXIST || (flags & O_EXCL) != 0) return -1;
  }
  return ::open(file.c_str(), flags | O_CLOEXEC, private_file_mode);
}

void touch_private(const fs::path& file) noexcept {
  const UniqueFd made(open_private(file, O_WRONLY | O_CREAT | O_EXCL));
}

void create_private_folder(const fs::path& folder, std::error_code& error) {
  error.clear();
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return;
  if (folder.has_parent_path() && folder.parent_path() != folder)
    create_private_folder(folder.parent_path(), error);
  if (error) return;
  if (::mkdir(folder.c_str(), private_folder_mode) == 0)
    ::chmod(folder.c_str(), private_folder_mode);
  else if (errno != EEXIST)
    error = std::error_code(errno, std::generic_category());
  else if (!fs::is_directory(folder, ignored))
    error = std::make_error_code(std::errc::not_a_directory);
}

bool make_private(const fs::path& path) noexcept {
  const UniqueFd file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || info.st_uid != ::geteuid()) return false;
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return false;
  if ((info.st_mode & of_others) == 0) return false;
  // A descriptor of O_PATH is no good for fchmod(2); its name in /proc leads to the same file for sure.
  try {
    return ::chmod(fmt::format("/proc/self/fd/{}", file.get()).c_str(), info.st_mode & 07777U & ~of_others) ==
           0;
  } catch (const std::exception&) {
    return false;  // out of memory for a name: the mode stays
  }
}

}  // namespace turbodiff::core
