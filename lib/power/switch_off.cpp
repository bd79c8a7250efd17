#include "power/switch_off.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/os/private_file.h"
#include "core/units.h"

namespace turbodiff::power {
namespace fs = std::filesystem;
namespace {

/// A daemon that stays on checks again after this time; files and jobs wake it earlier.
constexpr std::int64_t look_again_s = 60;

const fs::path& made(const fs::path& folder) {
  std::error_code ignored;
  core::create_private_folder(folder, ignored);
  return folder;
}

const char* participle(Action action) {
  switch (action) {
    case Action::shutdown:
      return "switched off";
    case Action::suspend:
      return "suspended";
    case Action::hibernate:
      return "hibernated";
  }
  return "";
}

}  // namespace

SwitchOff::SwitchOff(SwitchOffSettings settings, const core::Clock& clock, core::Log& log)
    : settings_(std::move(settings)),
      clock_(clock),
      log_(log),
      files_(settings_.folder),
      watch_(made(settings_.folder)) {
  if (settings_.staying) handled_ = 0;
}

SwitchOff::~SwitchOff() {
  try {
    if (counting()) call_off("it was stopped");
  } catch (const std::exception&) {
    // Only the log can fail here; what was announced ends by itself.
  }
}

std::vector<std::string> SwitchOff::inbox_files() const {
  std::vector<std::string> names;
  if (settings_.dropped) names = settings_.dropped();
  if (!settings_.inbox) return names;
  std::error_code error;
  fs::directory_iterator entry(*settings_.inbox, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && !entry->is_directory(ignored)) names.push_back(name);
  }
  if (error)
    names.push_back(fmt::format("{} cannot be read ({})", settings_.inbox->string(), error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

Facts SwitchOff::facts(const BatchState& batch, PowerControl& control, double left_s) const {
  Facts facts;
  // Whoever cannot be asked may have something against it.
  try {
    facts.inhibitors = control.inhibitors();
  } catch (const Error& error) {
    facts.inhibitors = {error.message()};
  }
  if (settings_.users != UsersRule::ignore) try {
      for (const UserSession& session : control.sessions())
        if (!session.ours && (settings_.users == UsersRule::veto || session.uid != ::getuid()))
          facts.users.push_back(fmt::format("{} is logged in (session {})", session.user, session.id));
    } catch (const Error& error) {
      facts.users = {error.message()};
    }
  facts.inbox_files = inbox_files();
  facts.hold = files_.hold();
  facts.queue = batch.queue;
  facts.off_at = batch.now + static_cast<std::int64_t>(std::ceil(left_s));
  return facts;
}

void SwitchOff::arm(const std::optional<std::int64_t>& wake_at, std::int64_t now) {
  if (!wake_at && !armed_) return clear_old_alarm();
  if (wake_at == armed_) return;
  if (!wake_at) {
    settings_.wake_alarm().clear_if(*armed_);
    armed_.reset();
    return files_.forget_alarm();
  }
  try {
    settings_.wake_alarm().arm(*wake_at, now);
  } catch (const Error& error) {
    if (settings_.wake_failed) settings_.wake_failed(*wake_at, error.message());
    throw;
  }
  armed_ = wake_at;
  try {
    files_.note_alarm(*wake_at);
  } catch (const Error& error) {
    log_.warn("{}", error.message());
  }
}

void SwitchOff::clear_old_alarm() {
  try {
    const auto alarm = files_.alarm();
    if (!alarm) return;
    files_.forget_alarm();
    settings_.wake_alarm().clear_if(*alarm);
  } catch (const Error& error) {
    log_.warn("{}", error.message());
  }
}

void SwitchOff::fail(const std::string& what) {
  problem_ = fmt::format("the machine stays on: {}", what);
  if (settings_.staying) log_.error("{}", problem_);
}

void SwitchOff::call_off(const std::string& why) {
  const std::unique_ptr<PowerControl> control = std::move(control_);
  const auto attempt = [this](const std::function<void()>& step) {
    try {
      step();
    } catch (const Error& error) {
      log_.warn("{}", error.message());
    }
  };
  attempt([&] { control->withdraw(); });
  attempt([&] { files_.remove_countdown(); });
  attempt([&] { arm(std::nullopt, 0); });
  armed_.reset();
  logged_.clear();
  if (!why.empty()) log_.info("the machine stays on: {}", why);
}

void SwitchOff::job_starts() {
  if (counting()) call_off("a job starts");
}

void SwitchOff::stopping(const BatchState& batch) {
  if (counting()) call_off("it was stopped");
  if (!settings_.staying) return;
  Facts facts;
  facts.queue = batch.queue;
  facts.off_at = batch.now;
  const std::optional<std::int64_t> wake_at = decide(facts, settings_.machine).wake_at;
  if (!wake_at || *wake_at <= batch.now) return;
  try {
    arm(wake_at, batch.now);
    log_.info("if the machine is switched off now, it wakes at {}", settings_.label(*wake_at));
  } catch (const Error& error) {
    log_.warn("the machine is not woken for the next job: {}", error.message());
  }
}

std::optional<std::int64_t> SwitchOff::stay(const BatchState& batch) {
  if (!settings_.staying) {
    handled_ = batch.done + batch.failed;
    return std::nullopt;
  }
  next_look_ = batch.now + look_again_s;
  return next_look_;
}

void SwitchOff::announce(std::int64_t at, double in_s) {
  const std::string message = fmt::format(
      "turbodiff-sched has finished its jobs. 'turbodiff-sched power cancel' or 'touch {}' keeps "
      "the machine on.",
      files_.hold_file().string());
  try {
    control_->announce(settings_.action, at, in_s, message);
  } catch (const Error& error) {
    log_.warn("users could not be notified of the shutdown: {}", error.message());
  }
  log_.info(
      "the batch is finished; the machine is {} at {} (in {}), unless 'turbodiff-sched power cancel' or "
      "the file {} keeps it on",
      participle(settings_.action), settings_.label(at), core::format_duration(in_s),
      files_.hold_file().string());
}

std::optional<std::int64_t> SwitchOff::begin(const BatchState& batch) {
  std::unique_ptr<PowerControl> control = settings_.connect();
  if (const std::string obstacle = control->obstacle(settings_.action); !obstacle.empty())
    throw Error::work_failed(fmt::format("cannot {}: {}", name_of(settings_.action), obstacle));
  const double grace_s = control->grace_s(settings_.grace_s);
  decision_ = decide(facts(batch, *control, grace_s), settings_.machine);
  if (!decision_.may_act()) {
    const std::string reasons = decision_.reasons();
    // Remaining times change at each look; one line for each set of reasons is enough.
    std::string kinds;
    for (const Objection& objection : decision_.objections)
      kinds += fmt::format("{} ", name_of(objection.veto));
    if (kinds != logged_) log_.info("the machine stays on: {}", reasons);
    logged_ = kinds;
    return stay(batch);
  }
  if (decision_.wake_at) {
    const std::int64_t start = *batch.queue.next_start;
    log_.info(
        "the next job starts at {}, {} after switching off, which saves energy from {}; the machine wakes at {}",
        settings_.label(start), core::format_duration(static_cast<double>(start - batch.now) - grace_s),
        core::format_duration(break_even_s(settings_.machine)), settings_.label(*decision_.wake_at));
  }
  arm(decision_.wake_at, batch.now);
  const std::int64_t at = batch.now + static_cast<std::int64_t>(std::ceil(grace_s));
  files_.write_countdown({std::string(name_of(settings_.action)), at, ::getpid()});
  control_ = std::move(control);
  ends_at_s_ = clock_.monotonic_s() + grace_s;
  if (grace_s > 0) announce(at, grace_s);
  return count(batch);
}

std::optional<std::int64_t> SwitchOff::count(const BatchState& batch) {
  const double left_s = std::max(0.0, ends_at_s_ - clock_.monotonic_s());
  if (!files_.has_countdown()) {
    call_off("it was cancelled");
    handled_ = batch.done + batch.failed;
    return std::nullopt;
  }
  if (control_->called_off()) {
    call_off("the shutdown was cancelled");
    handled_ = batch.done + batch.failed;
    return std::nullopt;
  }
  decision_ = decide(facts(batch, *control_, left_s), settings_.machine);
  if (!decision_.may_act()) {
    call_off(decision_.reasons());
    return stay(batch);
  }
  arm(decision_.wake_at, batch.now);
  if (left_s > 0) return batch.now + 1;

  // Whoever removed the file while the others were asked has called it off in time.
  if (!files_.remove_countdown()) {
    call_off("it was cancelled");
  } else {
    control_->act(settings_.action);
    control_.reset();
    armed_.reset();
    acted_ = true;
    log_.info("the machine is being {}", participle(settings_.action));
  }
  handled_ = batch.done + batch.failed;
  return std::nullopt;
}

std::optional<std::int64_t> SwitchOff::look(const BatchState& batch) {
  if (watch_.has_changed()) next_look_ = 0;
  try {
    if (counting()) return count(batch);
    if (!batch.finished || handled_ == batch.done + batch.failed) return std::nullopt;
    problem_.clear();
    if (batch.now < next_look_ && next_look_ <= batch.now + look_again_s) return next_look_;
    return begin(batch);
  } catch (const Error& error) {
    if (counting()) call_off("");
    armed_.reset();
    fail(error.message());
    handled_ = batch.done + batch.failed;
    return std::nullopt;
  }
}

}  // namespace turbodiff::power
