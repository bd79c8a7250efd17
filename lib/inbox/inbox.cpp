#include "inbox/inbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/error.h"
#include "core/os/file_system.h"
#include "core/os/unique_fd.h"

namespace turbodiff::inbox {
namespace fs = std::filesystem;
namespace {

/// Files in one transaction.
constexpr std::size_t batch_size = 64;
/// After a full disk or a store in use.
constexpr double retry_after_s = 10;
/// A temporary file that has not changed for this time is abandoned, not being written.
constexpr std::int64_t forgotten_ns = 900'000'000'000;

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw Error::work_failed(
        fmt::format("cannot move '{}' to '{}': {}", from.string(), to.string(), error.message()));
}

InboxSettings checked(InboxSettings settings) {
  if (settings.output.find('/') == std::string::npos)
    throw Error::bad_request(fmt::format("watch.output: '{}' names no folder", settings.output),
                             "give one such as videos/{date}-{file}-{index}.mp4");
  return settings;
}

}  // namespace

Inbox::Inbox(store::JobStore& store, const core::Clock& clock, core::Log& log, InboxSettings settings)
    : store_(store),
      clock_(clock),
      log_(log),
      settings_(checked(std::move(settings))),
      files_(settings_.folder, clock, log),
      reader_(store, clock, files_, settings_) {
  WatcherSettings watching;
  watching.times.settle_s = settings_.settle_s;
  if (const char* kind = core::network_file_system(settings_.folder)) {
    watching.rescan_s = settings_.poll_s;
    watching.times.closed_s = settings_.settle_s;
    watching.times.trust_times = false;
    log_.info("'{}' is polled every {} s: it is on {}", settings_.folder.string(), settings_.poll_s, kind);
  }
  watcher_ = std::make_unique<InboxWatcher>(settings_.folder, watching, clock_, log_);
  claims_ = files_.left_over();
}

bool Inbox::look() {
  try {
    const std::vector<std::string> names = watcher_->complete(batch_size);
    if (!names.empty()) {
      for (InboxClaim& claim : files_.take(names)) claims_.push_back(std::move(claim));
      stuck_ = false;
    }
    const bool due = !claims_.empty() && (!stuck_ || clock_.monotonic_s() >= retry_s_);
    if (due) take_claims();
    const bool worked = !names.empty() || (due && !stuck_);
    watcher_->arm(claims_.empty() ? std::nullopt : std::optional<double>(retry_s_));
    return worked;
  } catch (const Error& error) {
    log_.warn("watch folder: {}", error.message());
    stuck_ = true;
    retry_s_ = clock_.monotonic_s() + retry_after_s;
    watcher_->arm(retry_s_);
    return false;
  }
}

void Inbox::take_claims() {
  make_output_folder();
  const std::size_t count = std::min(batch_size, claims_.size());
  std::vector<InboxClaim> now(claims_.begin(), claims_.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<InboxClaim> later, added;
  std::vector<store::DroppedFile> files;
  const auto attempt = [&](const InboxClaim& claim, const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      // Anything but the file's own fault may be over by the next time.
      const bool its_fault = error.code() == ErrorCode::bad_request || error.code() == ErrorCode::not_found;
      std::string problem = error.message();
      if (its_fault) try {
          return fail(claim, error.message(), error.hint());
        } catch (const Error& failure) {
          problem = failure.message();
        }
      log_.warn("'{}' is tried again: {}", claim.name, problem);
      later.push_back(claim);
    }
  };
  for (const InboxClaim& claim : now)
    attempt(claim, [&] {
      if (auto file = reader_.read(claim)) {
        files.push_back(std::move(*file));
        added.push_back(claim);
      } else if (inbox_facts(files_.path_of(claim))) {
        later.push_back(claim);
      }
    });
  if (!files.empty()) {
    const auto taken = store_.take_files(files, settings_.skip_same, clock_.now().time_since_epoch().count());
    for (std::size_t i = 0; i < taken.size(); ++i) attempt(added[i], [&] { finish(added[i], taken[i]); });
  }
  for (const InboxClaim& claim : now) files_.tidy(claim);
  claims_.erase(claims_.begin(), claims_.begin() + static_cast<std::ptrdiff_t>(count));
  // Files that must wait do not block the others.
  stuck_ = claims_.empty() && !later.empty();
  claims_.insert(claims_.end(), later.begin(), later.end());
  if (later.size() == count) stuck_ = true;
  retry_s_ = clock_.monotonic_s() + (stuck_ ? std::min(settings_.settle_s, retry_after_s) : 0);
}

void Inbox::make_output_folder() const {
  const std::string& pattern = settings_.output;
  const std::string folder = pattern.substr(0, pattern.rfind('/'));
  if (folder.empty() || folder.find('{') != std::string::npos) return;
  std::error_code error;
  fs::create_directories(settings_.folder / folder, error);  // where it fails, each file says so
}

fs::path Inbox::free_place(const std::string& subfolder, const std::string& name) const {
  const fs::path folder = settings_.folder / subfolder;
  std::error_code made;
  if (fs::is_symlink(fs::symlink_status(folder, made)))
    throw Error::work_failed(fmt::format("'{}' is a symbolic link, which may lead anywhere", folder.string()),
                             "make it a folder");
  fs::create_directories(folder, made);
  if (made) throw Error::work_failed(fmt::format("cannot make '{}': {}", folder.string(), made.message()));
  const fs::path path(name);
  fs::path place = folder / name;
  std::error_code error;
  for (int number = 2; fs::exists(fs::symlink_status(place, error)); ++number)
    place = folder / fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string());
  return place;
}

void Inbox::finish(const InboxClaim& claim, const store::TakenFile& taken) {
  if (taken.outcome == store::FileOutcome::refused) return fail(claim, taken.reason, "");
  const fs::path place = free_place("done", claim.name);
  const std::int64_t last = taken.first_job + taken.jobs - 1;
  const std::string jobs =
      taken.jobs == 1 ? fmt::format("job {}", last) : fmt::format("jobs {} to {}", taken.first_job, last);
  if (taken.outcome == store::FileOutcome::same_as_before) {
    const std::string reason = fmt::format(
        "it is the same file as that of {}, so no job is added; change its name or its text, or set "
        "watch.duplicates: add",
        jobs);
    explain(claim, place, reason);
    move_file(files_.path_of(claim), place);
    log_.warn("'{}': {}", claim.name, reason);
  } else {
    move_file(files_.path_of(claim), place);
    log_.info("took '{}': {}", claim.name, jobs);
  }
}

void Inbox::fail(const InboxClaim& claim, const std::string& reason, const std::string& hint) {
  const fs::path place = free_place("failed", claim.name);
  explain(claim, place, hint.empty() ? reason : reason + "; " + hint);
  move_file(files_.path_of(claim), place);
  log_.warn("'{}' is moved to failed/: {}", claim.name, reason);
}

void Inbox::explain(const InboxClaim& claim, const fs::path& place, const std::string& reason) const {
  const std::string file = place.string() + ".reason.txt", text = reason + "\n";
  std::error_code ignored;
  fs::remove(file, ignored);
  // Not through a link that someone else left there.
  {
    const core::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd && ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      log_.warn("cannot write '{}'", file);
  }
  if (settings_.refused) settings_.refused(claim.key(), claim.name, reason);
}

std::vector<std::string> Inbox::waiting() const {
  std::vector<std::string> names;
  std::error_code error;
  const std::int64_t now_ns = clock_.now().time_since_epoch().count() * 1000;
  for (fs::directory_iterator entry(settings_.folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const InboxKind kind = inbox_kind(name);
    const auto facts = inbox_facts(entry->path());
    if (!facts || kind == InboxKind::ignored) continue;
    if (kind == InboxKind::unfinished && now_ns - facts->modified_ns > forgotten_ns) continue;
    names.push_back(name);
  }
  if (error)
    names.push_back(fmt::format("{} cannot be read ({})", settings_.folder.string(), error.message()));
  for (const InboxClaim& claim : claims_) names.push_back(claim.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace turbodiff::inbox
