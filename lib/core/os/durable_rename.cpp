#include "core/os/durable_rename.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/os/unique_fd.h"

namespace turbodiff::core {
namespace {

int flush(const std::filesystem::path& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd) return errno;
  const int error = ::fsync(fd.get()) == 0 ? 0 : errno;
  return error == EINVAL || error == ENOTSUP ? 0 : error;
}

}  // namespace

int flush_file(const std::filesystem::path& file) {
  return flush(file, O_RDONLY);
}

int flush_folder(const std::filesystem::path& folder) {
  return flush(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

int rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return 0;
  }
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) return errno;
  struct stat info {};
  if (::lstat(to.c_str(), &info) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace turbodiff::core
