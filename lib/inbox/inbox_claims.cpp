#include "inbox/inbox_claims.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <tuple>

#include "core/error.h"
#include "core/os/unique_fd.h"
#include "inbox/inbox_rules.h"

namespace turbodiff::inbox {
namespace fs = std::filesystem;
namespace {

/// A file or folder.
void flush(const fs::path& path) {
  const core::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error::bad_request(fmt::format("cannot make the folder '{}': {}", folder.string(), error.message()),
                             "name another one with --watch or watch.folder");
}

}  // namespace

InboxClaims::InboxClaims(fs::path folder, const core::Clock& clock, core::Log& log)
    : folder_(std::move(folder)), taking_(folder_ / ".taking"), clock_(clock), log_(log) {
  make_folder(taking_);
  lock_.reset(::open(taking_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!lock_)
    throw Error::bad_request(fmt::format("cannot read '{}': {}", taking_.string(), std::strerror(errno)));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error::refused(fmt::format("another turbodiff-sched watches '{}'", folder_.string()),
                         "stop it, or give this one a watch folder of its own");
}

std::vector<InboxClaim> InboxClaims::left_over() const {
  std::vector<InboxClaim> claims;
  std::error_code error;
  for (fs::directory_iterator batch(taking_, error); !error && batch != fs::directory_iterator();
       batch.increment(error)) {
    std::error_code inner;
    bool empty = true;
    for (fs::directory_iterator file(batch->path(), inner); !inner && file != fs::directory_iterator();
         file.increment(inner)) {
      claims.push_back({batch->path().filename().string(), file->path().filename().string()});
      empty = false;
    }
    if (empty) ::rmdir(batch->path().c_str());
  }
  std::sort(claims.begin(), claims.end(), [](const InboxClaim& a, const InboxClaim& b) {
    return std::tie(a.batch, a.name) < std::tie(b.batch, b.name);
  });
  return claims;
}

std::string InboxClaims::make_batch() {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
  const std::string batch = fmt::format("{}-{:016x}", clock_.now().time_since_epoch().count(), number);
  if (::mkdir((taking_ / batch).c_str(), 0755) != 0)
    throw Error::work_failed(
        fmt::format("cannot make a folder in '{}': {}", taking_.string(), std::strerror(errno)));
  return batch;
}

std::vector<InboxClaim> InboxClaims::take(const std::vector<std::string>& names) {
  std::vector<std::string> all = names;
  for (const std::string& name : names) {
    std::error_code error;
    for (const std::string& partner : partner_names(name))
      if (fs::exists(fs::symlink_status(folder_ / partner, error))) all.push_back(partner);
  }
  // Pictures last: they refuse the texts beside them.
  const auto order = [](const std::string& name) {
    return std::pair(inbox_kind(name) == InboxKind::image, std::string_view(name));
  };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::string batch = make_batch();
  std::vector<InboxClaim> claims;
  for (const std::string& name : all) {
    // Whoever dropped it may not have: a power cut must not leave a name without its content.
    flush(folder_ / name);
    if (::rename((folder_ / name).c_str(), (taking_ / batch / name).c_str()) == 0) {
      claims.push_back({batch, name});
    } else if (errno != ENOENT) {
      log_.warn("cannot take '{}': {}", name, std::strerror(errno));
    }
  }
  // The place where the store will have known the file must outlast a power cut.
  flush(taking_ / batch);
  flush(taking_);
  flush(folder_);
  return claims;
}

std::vector<std::string> InboxClaims::partners(const InboxClaim& claim) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator other(taking_ / claim.batch, error);
       !error && other != fs::directory_iterator(); other.increment(error)) {
    const std::string name = other->path().filename().string();
    if (name != claim.name && other->path().stem() == fs::path(claim.name).stem()) names.push_back(name);
  }
  return names;
}

void InboxClaims::tidy(const InboxClaim& claim) const {
  ::rmdir((taking_ / claim.batch).c_str());
}

}  // namespace turbodiff::inbox
