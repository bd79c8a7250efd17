#include "store/store_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/os/private_file.h"

namespace turbodiff::store {
namespace {

std::string lock_path(const std::filesystem::path& store) {
  return store.string() + ".lock";
}

/// The lock is on the file that has the name now: someone may have removed the one that was opened.
bool is_current(int fd, const std::string& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& store) {
  const std::string path = lock_path(store);
  while (true) {
    fd_.reset(core::open_private(path, O_RDWR | O_CREAT));
    if (!fd_)
      throw Error::bad_request(fmt::format("cannot open the lock '{}': {}", path, std::strerror(errno)),
                               "check the permissions of its folder");
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      char holder[32] = {};
      const ssize_t count = ::pread(fd_.get(), holder, sizeof holder - 1, 0);
      if (error != EWOULDBLOCK)
        throw Error::work_failed(fmt::format("cannot lock '{}': {}", path, std::strerror(error)));
      throw Error::refused(
          fmt::format("another turbodiff-sched{} runs the jobs of '{}'",
                      count > 0 ? fmt::format(" (process {})", holder) : std::string(), store.string()),
          "stop it first, or name another store with --store");
    }
    if (is_current(fd_.get(), path)) break;
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd_.get(), 0) != 0 || ::pwrite(fd_.get(), pid.data(), pid.size(), 0) < 0) {
    // Only messages read it.
  }
}

bool is_locked(const std::filesystem::path& store) {
  const core::UniqueFd fd(::open(lock_path(store).c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
}

}  // namespace turbodiff::store
