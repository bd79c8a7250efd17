#include "store/publish.h"

#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/os/durable_rename.h"
#include "core/os/file_system.h"

namespace turbodiff::store {
namespace fs = std::filesystem;
namespace {

Error failure(const std::string& what, const std::string& path, int error) {
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

/// 0 or an errno.
int rename(const Publication& publication) {
  if (!publication.overwrite) return core::rename_without_replacing(publication.temporary, publication.final);
  return ::rename(publication.temporary.c_str(), publication.final.c_str()) == 0 ? 0 : errno;
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
  if (::stat(publication.temporary.c_str(), &info) != 0) throw failure("find", publication.temporary, errno);
  publication.device = info.st_dev;
  publication.inode = info.st_ino;
  publication.bytes = info.st_size;
  publication.modified_ns = modified_ns(info);
}

void publish(const Publication& publication) {
  const fs::path folder = fs::path(publication.final).parent_path();
  if (is_file(publication.temporary, publication)) {
#ifndef TURBODIFF_WITHOUT_FILE_FSYNC
    if (const int error = core::flush_file(publication.temporary))
      throw failure("flush", publication.temporary, error);
#endif
    if (is_file(publication.final, publication)) {
      // A rename in two steps was cut off between them.
      if (::unlink(publication.temporary.c_str()) != 0) throw failure("remove", publication.temporary, errno);
    } else if (const int error = rename(publication); error == EEXIST) {
      throw Error::bad_request(fmt::format("'{}' was created in the meantime", publication.final),
                               "move it away or change the name with edit --output, then retry the job");
    } else if (error != 0) {
      throw failure("publish", publication.final, error);
    }
  } else if (!is_file(publication.final, publication)) {
    throw Error::work_failed(fmt::format("the finished file '{}' is gone", publication.temporary));
  }
#ifndef TURBODIFF_WITHOUT_FILE_FSYNC
  if (const int error = core::flush_folder(folder))
    throw failure("flush the folder", folder.empty() ? "." : folder.string(), error);
#endif
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
