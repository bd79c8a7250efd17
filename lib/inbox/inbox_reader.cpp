#include "inbox/inbox_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/unique_fd.h"
#include "core/text/strings.h"
#include "inbox/inbox_watcher.h"
#include "spec/option_table.h"
#include "spec/output_name.h"

namespace turbodiff::inbox {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t largest_file = 16 << 20;

std::string absolute_template(const fs::path& folder, const std::string& name_template) {
  if (name_template.starts_with("/")) return name_template;
  const std::string literal = core::replace_all(core::replace_all(folder.string(), "{", "{{"), "}", "}}");
  return literal + "/" + name_template;
}

/// Of --model: a folder, not a name.
bool is_folder(const std::string& model) {
  return model.find('/') != std::string::npos || model == "." || model == "..";
}

/// Relative names in a dropped file are relative to the watch folder.
void make_absolute(spec::RequestOptions& options, const fs::path& folder, const std::string& file) {
  for (auto* name : {&options.output, &options.save_latents, &options.contact_sheet})
    if (*name) *name = core::replace_all(absolute_template(folder, **name), "{file}", file);
  for (auto* path : {&options.dit, &options.high_noise_model, &options.low_noise_model, &options.vae,
                     &options.text_encoder, &options.tokenizer, &options.noise, &options.image})
    if (*path) *path = folder / **path;
  if (options.model && is_folder(*options.model)) options.model = (folder / *options.model).string();
}

/// The folder that a pattern of names lies in for certain: what stands before its first placeholder.
std::string literal_folder(const std::string& pattern) {
  const std::string literal = pattern.substr(0, pattern.find('{'));
  return literal.substr(0, literal.rfind('/') + 1);
}

/// Nothing when it became shorter meanwhile.
std::optional<std::string> read_whole(int fd, std::int64_t bytes, const fs::path& path) {
  std::string content(static_cast<std::size_t>(bytes), '\0');
  std::size_t got = 0;
  while (got < content.size()) {
    const ssize_t count = ::read(fd, content.data() + got, content.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw Error::work_failed(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
    if (count == 0) return std::nullopt;
    got += static_cast<std::size_t>(count);
  }
  return content;
}

}  // namespace

std::string InboxReader::fate_of_text(const std::string& picture) const {
  for (const std::string& text : partner_names(picture))
    if (const auto taken = store_.unfinished_file(settings_.folder.string(), text)) {
      const store::JobId last = taken->first_job + taken->jobs - 1;
      const std::string jobs = taken->jobs == 1 ? fmt::format("job {}", last)
                                                : fmt::format("jobs {} to {}", taken->first_job, last);
      return fmt::format("'{}' was taken before as {}, text to video; 'turbodiff-sched cancel' takes it back",
                         text, jobs);
    }
  return {};
}

bool InboxReader::must_wait(const InboxClaim& claim) const {
  const bool is_picture = inbox_kind(claim.name) == InboxKind::image;
  std::string picture = is_picture ? claim.name : "";
  for (const std::string& name : claims_.partners(claim)) {
    // As long as the picture is there, its text is no job.
    if (is_picture && gives_jobs(inbox_kind(name))) return true;
    if (!is_picture && inbox_kind(name) == InboxKind::image) picture = name;
  }
  if (picture.empty()) return false;
  // A text that was complete before its picture came is a job by now.
  const std::string fate = is_picture ? fate_of_text(picture) : "";
  throw Error::bad_request(fmt::format("'{}' asks for image to video, which this version cannot", picture),
                           fate.empty() ? "drop the text alone for text to video" : fate);
}

fs::path InboxReader::output_folder() const {
  const fs::path folder = settings_.folder / literal_folder(settings_.output);
  return (folder / "").lexically_normal();
}

void InboxReader::confine(const fs::path& path, const fs::path& folder, std::string_view what) const {
  const auto refuse = [&](std::string_view why) {
    throw Error::bad_request(fmt::format("'{}' of '{}' {} '{}'", path.string(), what, why, folder.string()),
                             "name one in there, or set watch.allow_paths: true");
  };
  const fs::path inside = path.lexically_normal().lexically_relative(folder);
  if (inside.empty() || *inside.begin() == ".." || inside == ".") refuse("lies outside of");
  // Whoever may write into the watch folder could lead out of it by a link.
  const fs::path in_watched = path.lexically_normal().lexically_relative(settings_.folder);
  const bool watched = !in_watched.empty() && *in_watched.begin() != "..";
  fs::path step = watched ? settings_.folder : folder;
  for (const fs::path& part : watched ? in_watched : inside) {
    step /= part;
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(step, error))) refuse("is or goes through a symbolic link below");
  }
}

void InboxReader::confine(const spec::RequestOptions& options) const {
  if (settings_.allow_paths) return;
  const fs::path outputs = output_folder(), inputs = settings_.folder / "";
  const auto check = [&](const auto& name, const fs::path& folder, std::string_view key) {
    if (name) confine(fs::path(*name), folder, key);
  };
  check(options.output, outputs, "output");
  check(options.save_latents, outputs, "save_latents");
  check(options.contact_sheet, outputs, "contact_sheet");
  if (options.model && is_folder(*options.model)) confine(*options.model, inputs, "model");
  check(options.dit, inputs, "dit");
  check(options.high_noise_model, inputs, "high_noise_model");
  check(options.low_noise_model, inputs, "low_noise_model");
  check(options.vae, inputs, "vae");
  check(options.text_encoder, inputs, "text_encoder");
  check(options.tokenizer, inputs, "tokenizer");
  check(options.noise, inputs, "noise");
  check(options.image, inputs, "image");
}

std::vector<store::NewJob> InboxReader::jobs_of(const std::string& name, const std::string& content) const {
  const std::vector<InboxRequest> requests =
      read_inbox_file(content, name, inbox_kind(name), settings_.read_time, settings_.note);
  const std::string stem = spec::slug_of(fs::path(name).stem().string());
  const std::int64_t now_s =
      std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
  spec::RequestOptions common = settings_.common;
  common.output = settings_.output;
  queue::FreezeSettings freezing = settings_.freeze;
  freezing.now = static_cast<std::time_t>(now_s);
  freezing.more_follow = requests.size() > 1;
  std::vector<store::NewJob> jobs;
  for (std::size_t first = 0; first < requests.size();) {
    const store::JobSpec& schedule = requests[first].schedule;
    if (schedule.deadline && *schedule.deadline <= std::max(now_s, schedule.earliest.value_or(0)))
      throw Error::bad_request("the deadline passes before the job may start", "give a later one");
    std::vector<spec::RequestOptions> together;
    std::size_t next = first;
    for (; next < requests.size() && requests[next].schedule == schedule; ++next) {
      spec::RequestOptions own = requests[next].options;
      make_absolute(own, settings_.folder, stem);
      confine(own);
      spec::RequestOptions options = spec::merge(common, requests[next].options);
      make_absolute(options, settings_.folder, stem);
      queue::add_repeated(options, requests[next].count, together);
    }
    freezing.first_index = static_cast<int>(jobs.size()) + 1;
    for (store::NewJob& job : freeze(together, schedule, {}, freezing)) jobs.push_back(std::move(job));
    first = next;
  }
  if (!settings_.allow_paths)
    for (const store::NewJob& job : jobs) confine(job.spec.output, output_folder(), "output");
  for (const store::NewJob& job : jobs)
    if (fs::path(job.spec.output).parent_path() == settings_.folder)
      throw Error::bad_request(
          fmt::format("the output '{}' lies in the watch folder itself", job.spec.output),
          "name one in a folder such as videos/");
  if (settings_.check) settings_.check(jobs);
  return jobs;
}

std::optional<store::DroppedFile> InboxReader::read(const InboxClaim& claim) const {
  if (must_wait(claim)) return std::nullopt;
  const fs::path path = claims_.path_of(claim);
  const core::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    throw Error::bad_request(errno == ELOOP ? "it is a symbolic link"
                                            : fmt::format("it cannot be read: {}", std::strerror(errno)));
  }
  const auto before = inbox_facts(path);
  if (!before || is_being_written(file.get())) return std::nullopt;
  if (!gives_jobs(inbox_kind(claim.name)))
    throw Error::bad_request("it is not a .txt, .jsonl, .json or .yaml file");
  if (before->bytes > largest_file)
    throw Error::bad_request(fmt::format("it is larger than {} MiB", largest_file >> 20), "split it");
  const auto content = read_whole(file.get(), before->bytes, path);
  if (!content || is_being_written(file.get()) || inbox_facts(path) != before) return std::nullopt;

  store::DroppedFile dropped;
  dropped.claim = claim.key();
  dropped.folder = settings_.folder.string();
  dropped.name = claim.name;
  dropped.sha256 = core::sha256_hex(*content);
  dropped.bytes = before->bytes;
  dropped.modified_ns = before->modified_ns;
  // Whether its jobs were added is known without them, and their outputs may be there by now.
  if (!store_.knows_file(dropped, settings_.skip_same)) dropped.jobs = jobs_of(claim.name, *content);
  return dropped;
}

}  // namespace turbodiff::inbox
