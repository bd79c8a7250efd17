#include "core/os/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/os/durable_rename.h"
#include "core/os/file_system.h"
#include "core/os/private_file.h"
#include "core/os/unique_fd.h"
#include "core/retry.h"

namespace turbodiff::core {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t max_name_bytes = 200;  // NAME_MAX is 255; the rest is for the dots and the random part

std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

Error exists_error(const fs::path& path) {
  return Error::bad_request(quoted(path) + " exists already",
                            "pass --force to replace it, or choose another name");
}

[[noreturn]] void throw_errno(const std::string& what, const fs::path& path, int error) {
  const std::string message = "cannot " + what + " " + quoted(path) + ": " + std::strerror(error);
  if (is_out_of_space(error)) throw PassingError(Error::refused(message, out_of_space_hint(error)));
  throw Error::work_failed(message);
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The file that is really replaced: the end of a chain of links.
fs::path resolve_target(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  fs::path target = fs::weakly_canonical(path, error);
  if (error) throw Error::bad_request("cannot follow the link " + quoted(path) + ": " + error.message());
  return target;
}

std::string random_letters() {
  std::random_device device;
  std::string letters;
  for (int i = 0; i < 10; ++i) letters += "abcdefghijklmnopqrstuvwxyz0123456789"[device() % 36];
  return letters;
}

/// Cut at a code point, so that the temporary name is valid UTF-8 when the final one is.
std::string shortened(std::string name) {
  if (name.size() <= max_name_bytes) return name;
  std::size_t end = max_name_bytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  name.resize(end);
  return name;
}

/// The nearest folder on the way to `folder` that is there, or what is there instead of one.
fs::path nearest_existing(const fs::path& folder) {
  struct stat info {};
  fs::path place = folder;
  while (::stat(place.c_str(), &info) != 0) {
    const int error = errno;
    if (::lstat(place.c_str(), &info) == 0)
      throw Error::bad_request("the link " + quoted(place) + " leads nowhere", "choose another output path");
    if (error != ENOENT && error != ENOTDIR)
      throw Error::bad_request("cannot use the output folder " + quoted(folder) + ": " + std::strerror(error),
                               "choose another output path");
    if (parent_of(place) == place)
      throw Error::bad_request("the current folder does not exist any more", "change to another folder");
    place = parent_of(place);
  }
  return place;
}

void remove_folders(std::vector<fs::path>& made) noexcept {
  for (; !made.empty(); made.pop_back()) ::rmdir(made.back().c_str());  // stays when something is in it
}

/// Makes what is missing of `folder`, on the disk when this returns; appends what it made to `made`.
void make_folders(const fs::path& folder, std::vector<fs::path>& made) {
  const fs::path existing = nearest_existing(folder);
  std::vector<fs::path> missing;
  for (fs::path place = folder; place != existing; place = parent_of(place)) missing.push_back(place);
  for (; !missing.empty(); missing.pop_back()) {
    if (::mkdir(missing.back().c_str(), 0777) == 0) {
      made.push_back(missing.back());
      if (const int error = flush_folder(parent_of(missing.back())))
        throw_errno("write", parent_of(missing.back()), error);
    } else if (errno != EEXIST) {
      const int error = errno;
      remove_folders(made);
      const std::string message = "cannot make the folder " + quoted(folder) + ": " + std::strerror(error);
      if (is_out_of_space(error)) throw PassingError(Error::refused(message, out_of_space_hint(error)));
      throw Error::bad_request(message, "choose another output path");
    }
  }
}

fs::path create_temporary(const fs::path& target, Readers readers) {
  for (int attempt = 0;; ++attempt) {
    fs::path temp =
        parent_of(target) / ("." + shortened(target.filename().string()) + "." + random_letters() + ".part");
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL;
    const UniqueFd fd(readers == Readers::owner ? open_private(temp, flags)
                                                : ::open(temp.c_str(), flags | O_CLOEXEC, 0666));
    if (fd) return temp;
    if (errno == EEXIST && attempt < 10) continue;
    const int error = errno;
    const std::string message =
        "cannot write into " + quoted(parent_of(target)) + ": " + std::strerror(error);
    if (is_out_of_space(error)) throw PassingError(Error::refused(message, out_of_space_hint(error)));
    throw Error::bad_request(message, "choose another output path");
  }
}

}  // namespace

void OutputFile::check(const fs::path& final_path, bool force) {
  if (final_path.empty() || !final_path.has_filename())
    throw Error::bad_request("the output path " + quoted(final_path) + " names no file");
  struct stat info {};
  if (::lstat(final_path.c_str(), &info) == 0 && !force && !S_ISDIR(info.st_mode))
    throw exists_error(final_path);
  const fs::path target = resolve_target(final_path);
  if (::stat(target.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      throw Error::bad_request("the output path " + quoted(final_path) + " is a folder", "name a file in it");
    if (!S_ISREG(info.st_mode))
      throw Error::bad_request("the output path " + quoted(final_path) + " is not a regular file");
  } else if (errno != ENOENT && errno != ENOTDIR) {
    throw Error::bad_request("cannot use the output path " + quoted(final_path) + ": " +
                             std::strerror(errno));
  }
  const fs::path parent = nearest_existing(parent_of(target));
  if (::stat(parent.c_str(), &info) == 0 && !S_ISDIR(info.st_mode))
    throw Error::bad_request(quoted(parent) + " is not a folder", "choose another output path");
  if (::access(parent.c_str(), W_OK | X_OK) != 0)
    throw Error::bad_request("cannot write into " + quoted(parent) + ": " + std::strerror(errno),
                             "choose another output path");
}

OutputFile::OutputFile(const fs::path& final_path, bool force, Readers readers)
    : final_path_(final_path), force_(force) {
  check(final_path, force);
  target_ = fs::absolute(resolve_target(final_path));
  constexpr int most_attempts = 10;
  try {
    for (int attempt = 1; temp_path_.empty(); ++attempt) {
      make_folders(parent_of(target_), made_folders_);
      try {
        temp_path_ = create_temporary(target_, readers);
      } catch (const Error&) {
        // Another writer that gave up may have taken its empty folder away just now.
        struct stat info {};
        if (attempt == most_attempts || ::stat(parent_of(target_).c_str(), &info) == 0) throw;
      }
    }
  } catch (const Error&) {
    remove_folders(made_folders_);
    throw;
  }
}

OutputFile::~OutputFile() {
  discard();
}

OutputFile::OutputFile(OutputFile&& other) noexcept {
  *this = std::move(other);
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  final_path_ = std::move(other.final_path_);
  target_ = std::move(other.target_);
  temp_path_ = std::move(other.temp_path_);
  made_folders_ = std::move(other.made_folders_);
  force_ = other.force_;
  other.temp_path_.clear();
  other.made_folders_.clear();
  return *this;
}

void OutputFile::discard() noexcept {
  if (!temp_path_.empty()) ::unlink(temp_path_.c_str());
  temp_path_.clear();
  remove_folders(made_folders_);
}

void OutputFile::commit() {
  if (temp_path_.empty())
    throw Error::work_failed("the output " + quoted(final_path_) + " is finished already");
  if (const int error = flush_file(temp_path_)) throw_errno("write", temp_path_, error);
  const int error = force_ ? (::rename(temp_path_.c_str(), target_.c_str()) == 0 ? 0 : errno)
                           : rename_without_replacing(temp_path_, target_);
  if (error == EEXIST) throw exists_error(final_path_);
  if (error != 0) throw_errno("create", final_path_, error);
  temp_path_.clear();
  made_folders_.clear();
  if (const int failed = flush_folder(parent_of(target_))) throw_errno("write", parent_of(target_), failed);
}

}  // namespace turbodiff::core
