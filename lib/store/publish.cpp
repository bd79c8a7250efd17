#include "store/publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"

namespace turbodiff::store {
namespace fs = std::filesystem;
namespace {

Error failure(const std::string& what, const std::string& path) {
  const int error = errno;
  const std::string text = fmt::format("cannot {} '{}': {}", what, path, std::strerror(error));
  return core::is_out_of_space(error)
             ? Error::refused(text, fmt::format("{}, then retry the job", core::out_of_space_hint(error)))
             : Error::work_failed(text);
}

std::int64_t modified_ns(const struct stat& info) {
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

bool is_file(const std::string& path, const Publication& publication) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_dev == publication.device &&
         info.st_ino == publication.inode && info.st_size == publication.bytes &&
         modified_ns(info) == publication.modified_ns;
}

void flush(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) throw failure("open", path);
#ifndef TURBODIFF_WITHOUT_FILE_FSYNC
  if (::fsync(fd) != 0) {
    const Error error = failure("write", path);
    ::close(fd);
    throw error;
  }
#endif
  ::close(fd);
}

/// renameat2(2) that does not replace; file systems without it get link(2) and unlink(2).
int rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  return ::link(from.c_str(), to.c_str()) == 0 ? ::unlink(from.c_str()) : -1;
}

}  // namespace

fs::path temporary_name(const fs::path& final, JobId job, int attempt) {
  std::string name = final.filename().string();
  const std::string suffix = fmt::format(".turbodiff-{}-{}.part", job, attempt);
  constexpr std::size_t longest = 255;
  if (name.size() + suffix.size() + 1 > longest) {
    name.resize(longest - suffix.size() - 1);
    while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0) == 0x80) name.pop_back();
  }
  return final.parent_path() / ("." + name + suffix);
}

void identify(Publication& publication) {
  struct stat info {};
  if (::stat(publication.temporary.c_str(), &info) != 0) throw failure("find", publication.temporary);
  publication.device = info.st_dev;
  publication.inode = info.st_ino;
  publication.bytes = info.st_size;
  publication.modified_ns = modified_ns(info);
}

void publish(const Publication& publication) {
  const std::string folder = fs::path(publication.final).parent_path().string();
  if (is_file(publication.temporary, publication)) {
    flush(publication.temporary, O_RDONLY);
    const int result = publication.overwrite
                           ? ::rename(publication.temporary.c_str(), publication.final.c_str())
                           : rename_new(publication.temporary, publication.final);
    if (result != 0) {
      if (errno == EEXIST)
        throw Error::bad_request(fmt::format("'{}' was created in the meantime", publication.final),
                                 "move it away or change the name with edit --output, then retry the job");
      throw failure("publish", publication.final);
    }
  } else if (!is_file(publication.final, publication)) {
    throw Error::work_failed(fmt::format("the finished file '{}' is gone", publication.temporary));
  }
  flush(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

void remove_leftovers(const fs::path& final, JobId job, int attempts) noexcept {
  try {
    std::error_code error;
    std::vector<std::string> names;
    for (int attempt = 1; attempt <= attempts; ++attempt) {
      const fs::path temporary = temporary_name(final, job, attempt);
      fs::remove(temporary, error);
      names.push_back("." + temporary.filename().string());
    }
    // The worker writes ".TEMPORARY.RANDOM.part" and renames it.
    std::vector<fs::path> found;
    for (fs::directory_iterator it(final.parent_path(), error), end; !error && it != end;
         it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (std::any_of(names.begin(), names.end(),
                      [&](const std::string& start) { return name.starts_with(start); }))
        found.push_back(it->path());
    }
    for (const fs::path& path : found) fs::remove(path, error);
  } catch (const std::exception&) {
    // Leftovers cost disk space only.
  }
}

}  // namespace turbodiff::store
