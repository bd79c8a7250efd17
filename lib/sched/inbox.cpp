#include "sched/inbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

#include "core/error.h"
#include "core/file_system.h"
#include "core/hash.h"
#include "core/strings.h"
#include "spec/option_table.h"
#include "spec/output_name.h"

namespace turbodiff::sched {
namespace fs = std::filesystem;
namespace {

/// Files in one transaction.
constexpr std::size_t batch_size = 64;
constexpr std::int64_t largest_file = 16 << 20;
/// After a full disk or a store in use.
constexpr double retry_after_s = 10;
/// A temporary file that has not changed for so long is forgotten, not being written.
constexpr std::int64_t forgotten_ns = 900'000'000'000;

class File {
 public:
  explicit File(const fs::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

void flush_folder(const fs::path& folder) {
  const File opened(folder);
  if (opened.fd() >= 0) ::fsync(opened.fd());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error::bad_request(fmt::format("cannot make the folder '{}': {}", folder.string(), error.message()),
                             "name another one with --watch or watch.folder");
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw Error::work_failed(
        fmt::format("cannot move '{}' to '{}': {}", from.string(), to.string(), error.message()));
}

std::string absolute_template(const fs::path& folder, const std::string& name_template) {
  if (name_template.starts_with("/")) return name_template;
  const std::string literal = core::replace_all(core::replace_all(folder.string(), "{", "{{"), "}", "}}");
  return literal + "/" + name_template;
}

/// Relative names in a dropped file are relative to the watch folder.
void make_absolute(spec::RequestOptions& options, const fs::path& folder, const std::string& file) {
  for (auto* name : {&options.output, &options.save_latents, &options.contact_sheet})
    if (*name) *name = core::replace_all(absolute_template(folder, **name), "{file}", file);
  for (auto* path : {&options.dit, &options.high_noise_model, &options.low_noise_model, &options.vae,
                     &options.text_encoder, &options.tokenizer, &options.noise, &options.image})
    if (*path) *path = folder / **path;
}

bool same_schedule(const InboxSchedule& a, const InboxSchedule& b) {
  return a.when == b.when && a.priority == b.priority && a.earliest == b.earliest &&
         a.deadline == b.deadline && a.retries == b.retries && a.group == b.group && a.held == b.held;
}

}  // namespace

Inbox::Inbox(store::JobStore& store, const core::Clock& clock, core::Log& log, InboxSettings settings)
    : store_(store),
      clock_(clock),
      log_(log),
      settings_(std::move(settings)),
      taking_(settings_.folder / ".taking") {
  if (settings_.output.find('/') == std::string::npos)
    throw Error::bad_request(fmt::format("watch.output: '{}' names no folder", settings_.output),
                             "give one such as videos/{date}-{file}-{index}.mp4");
  make_folder(taking_);
  lock_ = ::open(taking_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0)
    throw Error::bad_request(fmt::format("cannot read '{}': {}", taking_.string(), std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock_);
    throw Error::refused(fmt::format("another turbodiff-sched watches '{}'", settings_.folder.string()),
                         "stop it, or give this one a watch folder of its own");
  }
  WatcherSettings watching;
  watching.times.settle_s = settings_.settle_s;
  try {
    if (const char* kind = core::network_file_system(settings_.folder)) {
      watching.rescan_s = settings_.poll_s;
      watching.times.closed_s = settings_.settle_s;
      watching.times.trust_times = false;
      log_.info("'{}' is looked at every {} s: it is on {}", settings_.folder.string(), settings_.poll_s,
                kind);
    }
    watcher_ = std::make_unique<InboxWatcher>(settings_.folder, watching, clock_, log_);
    find_claims();
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

Inbox::~Inbox() {
  ::close(lock_);
}

void Inbox::find_claims() {
  std::error_code error;
  for (fs::directory_iterator batch(taking_, error); !error && batch != fs::directory_iterator();
       batch.increment(error)) {
    std::error_code inner;
    bool empty = true;
    for (fs::directory_iterator file(batch->path(), inner); !inner && file != fs::directory_iterator();
         file.increment(inner)) {
      claims_.push_back({batch->path().filename().string(), file->path().filename().string()});
      empty = false;
    }
    if (empty) ::rmdir(batch->path().c_str());
  }
  std::sort(claims_.begin(), claims_.end(), [](const Claim& a, const Claim& b) {
    return std::tie(a.batch, a.name) < std::tie(b.batch, b.name);
  });
}

std::string Inbox::make_batch() {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
  const std::string batch = fmt::format("{}-{:016x}", clock_.now().time_since_epoch().count(), number);
  if (::mkdir((taking_ / batch).c_str(), 0755) != 0)
    throw Error::work_failed(
        fmt::format("cannot make a folder in '{}': {}", taking_.string(), std::strerror(errno)));
  return batch;
}

void Inbox::claim(const std::vector<std::string>& names) {
  std::vector<std::string> all = names;
  // A picture and the text of the same name belong together, whichever is complete.
  std::error_code error;
  for (const std::string& name : names) {
    const bool is_image = inbox_kind(name) == InboxKind::image;
    const std::string stem = fs::path(name).stem().string();
    static constexpr const char* texts[] = {".txt", ".yaml", ".yml", ".json", ".jsonl"};
    static constexpr const char* images[] = {".png", ".jpg", ".jpeg", ".webp"};
    const auto add = [&](const char* ending) {
      if (fs::exists(fs::symlink_status(settings_.folder / (stem + ending), error)))
        all.push_back(stem + ending);
    };
    if (is_image) std::for_each(std::begin(texts), std::end(texts), add);
    if (!is_image) std::for_each(std::begin(images), std::end(images), add);
  }
  // Pictures last: they refuse the texts beside them.
  const auto order = [](const std::string& name) {
    return std::pair(inbox_kind(name) == InboxKind::image, std::string_view(name));
  };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::string batch = make_batch();
  for (const std::string& name : all) {
    if (::rename((settings_.folder / name).c_str(), (taking_ / batch / name).c_str()) == 0) {
      claims_.push_back({batch, name});
    } else if (errno != ENOENT) {
      log_.warn("cannot take '{}': {}", name, std::strerror(errno));
    }
  }
  // The place where the store will have known the file must outlast a power cut.
  flush_folder(taking_ / batch);
  flush_folder(taking_);
  flush_folder(settings_.folder);
}

bool Inbox::look() {
  try {
    const std::vector<std::string> names = watcher_->complete(batch_size);
    if (!names.empty()) {
      claim(names);
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

bool Inbox::must_wait(const Claim& claim) const {
  const auto partners = [&](const auto& is_partner) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator other(taking_ / claim.batch, error);
         !error && other != fs::directory_iterator(); other.increment(error)) {
      const std::string name = other->path().filename().string();
      if (other->path().stem() == fs::path(claim.name).stem() && is_partner(inbox_kind(name)))
        names.push_back(name);
    }
    return names;
  };
  const auto refuse = [](const std::string& picture) {
    throw Error::bad_request(fmt::format("'{}' asks for image to video, which this version cannot", picture),
                             "drop the text alone for text to video");
  };
  if (inbox_kind(claim.name) == InboxKind::image) {
    // As long as the picture is there, its text is no job.
    if (!partners(gives_jobs).empty()) return true;
    refuse(claim.name);
  }
  const auto pictures = partners([](InboxKind kind) { return kind == InboxKind::image; });
  if (!pictures.empty()) refuse(pictures.front());
  return false;
}

std::vector<store::NewJob> Inbox::jobs_of(const std::string& name, const std::string& content) const {
  const std::vector<InboxRequest> requests =
      read_inbox_file(content, name, inbox_kind(name), settings_.read_time);
  const std::string stem = spec::slug_of(fs::path(name).stem().string());
  const std::int64_t now_s =
      std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
  spec::RequestOptions common = settings_.common;
  common.output = settings_.output;
  FreezeSettings freezing = settings_.freeze;
  freezing.now = static_cast<std::time_t>(now_s);
  freezing.more_follow = requests.size() > 1;
  std::vector<store::NewJob> jobs;
  for (std::size_t first = 0; first < requests.size();) {
    const InboxSchedule& schedule = requests[first].schedule;
    std::vector<spec::RequestOptions> together;
    std::size_t next = first;
    for (; next < requests.size() && same_schedule(requests[next].schedule, schedule); ++next) {
      spec::RequestOptions options = spec::merge(common, requests[next].options);
      make_absolute(options, settings_.folder, stem);
      for (std::int64_t i = 0; i < requests[next].schedule.count; ++i) {
        together.push_back(options);
        if (requests[next].schedule.count == 1) continue;
        spec::Seed seed = options.seed.value_or(spec::Seed{});
        seed.value += static_cast<std::uint64_t>(i * options.num_samples.value_or(1));
        together.back().seed = seed;
      }
    }
    store::JobSpec spec;
    spec.when = schedule.when;
    spec.priority = schedule.priority;
    spec.earliest = schedule.earliest;
    spec.deadline = schedule.deadline;
    spec.retries = schedule.retries;
    spec.group = schedule.group;
    spec.held = schedule.held;
    if (spec.deadline && *spec.deadline <= std::max(now_s, spec.earliest.value_or(0)))
      throw Error::bad_request("the deadline is over before the job may start", "give a later one");
    freezing.first_index = static_cast<int>(jobs.size()) + 1;
    for (store::NewJob& job : freeze(together, spec, {}, freezing)) jobs.push_back(std::move(job));
    first = next;
  }
  for (const store::NewJob& job : jobs)
    if (fs::path(job.spec.output).parent_path() == settings_.folder)
      throw Error::bad_request(
          fmt::format("the output '{}' lies in the watch folder itself", job.spec.output),
          "name one in a folder such as videos/");
  return jobs;
}

std::optional<store::DroppedFile> Inbox::read(const Claim& claim) const {
  if (must_wait(claim)) return std::nullopt;
  const fs::path path = path_of(claim);
  const File file(path);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw Error::bad_request(errno == ELOOP ? "it is a symbolic link"
                                            : fmt::format("it cannot be read: {}", std::strerror(errno)));
  }
  const auto before = inbox_facts(path);
  if (!before || is_being_written(file.fd())) return std::nullopt;
  if (!gives_jobs(inbox_kind(claim.name)))
    throw Error::bad_request("it is no .txt, .jsonl, .json or .yaml file");
  if (before->bytes > largest_file)
    throw Error::bad_request(fmt::format("it is larger than {} MiB", largest_file >> 20), "divide it");
  std::string content(static_cast<std::size_t>(before->bytes), '\0');
  std::size_t got = 0;
  while (got < content.size()) {
    const ssize_t count = ::read(file.fd(), content.data() + got, content.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw Error::work_failed(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
    if (count == 0) return std::nullopt;
    got += static_cast<std::size_t>(count);
  }
  if (is_being_written(file.fd()) || inbox_facts(path) != before) return std::nullopt;

  store::DroppedFile dropped;
  dropped.claim = claim.batch + "/" + claim.name;
  dropped.folder = settings_.folder.string();
  dropped.name = claim.name;
  dropped.sha256 = core::sha256_hex(content);
  dropped.bytes = before->bytes;
  dropped.modified_ns = before->modified_ns;
  // Whether its jobs were added is known without them, and their outputs may be there by now.
  if (!store_.knows_file(dropped, settings_.skip_same)) dropped.jobs = jobs_of(claim.name, content);
  return dropped;
}

void Inbox::take_claims() {
  make_output_folder();
  const std::size_t count = std::min(batch_size, claims_.size());
  std::vector<Claim> now(claims_.begin(), claims_.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<Claim> later, added;
  std::vector<store::DroppedFile> files;
  const auto attempt = [&](const Claim& claim, const auto& work) {
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
  for (const Claim& claim : now)
    attempt(claim, [&] {
      if (auto file = read(claim)) {
        files.push_back(std::move(*file));
        added.push_back(claim);
      } else if (inbox_facts(path_of(claim))) {
        later.push_back(claim);
      }
    });
  if (!files.empty()) {
    const auto taken = store_.take_files(files, settings_.skip_same, clock_.now().time_since_epoch().count());
    for (std::size_t i = 0; i < taken.size(); ++i) attempt(added[i], [&] { finish(added[i], taken[i]); });
  }
  for (const Claim& claim : now) ::rmdir((taking_ / claim.batch).c_str());
  claims_.erase(claims_.begin(), claims_.begin() + static_cast<std::ptrdiff_t>(count));
  // What must wait gives way to the others.
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
  fs::create_directories(folder, made);
  if (made) throw Error::work_failed(fmt::format("cannot make '{}': {}", folder.string(), made.message()));
  const fs::path path(name);
  fs::path place = folder / name;
  std::error_code error;
  for (int number = 2; fs::exists(fs::symlink_status(place, error)); ++number)
    place = folder / fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string());
  return place;
}

void Inbox::finish(const Claim& claim, const store::TakenFile& taken) {
  if (taken.outcome == store::FileOutcome::refused) return fail(claim, taken.reason, "");
  move_file(path_of(claim), free_place("done", claim.name));
  const std::int64_t last = taken.first_job + taken.jobs - 1;
  const std::string jobs =
      taken.jobs == 1 ? fmt::format("job {}", last) : fmt::format("jobs {} to {}", taken.first_job, last);
  if (taken.outcome == store::FileOutcome::same_as_before) {
    log_.info("'{}' is the same file as that of {}: no job is added", claim.name, jobs);
  } else {
    log_.info("took '{}': {}", claim.name, jobs);
  }
}

void Inbox::fail(const Claim& claim, const std::string& reason, const std::string& hint) {
  const fs::path place = free_place("failed", claim.name);
  std::ofstream out(place.string() + ".reason.txt", std::ios::binary | std::ios::trunc);
  out << reason << (hint.empty() ? "" : "; ") << hint << "\n";
  out.close();
  move_file(path_of(claim), place);
  log_.warn("'{}' is moved to failed/: {}", claim.name, reason);
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
  for (const Claim& claim : claims_) names.push_back(claim.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace turbodiff::sched
