#include "power/shutdown_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text/strings.h"
#include "core/units.h"

namespace turbodiff::power {
namespace {

std::string first_of(const std::vector<std::string>& names) {
  return names.size() == 1 ? names[0] : fmt::format("{} and {} more", names[0], names.size() - 1);
}

}  // namespace

std::string_view name_of(Veto veto) {
  switch (veto) {
    case Veto::inhibitor:
      return "inhibitor";
    case Veto::user:
      return "user";
    case Veto::running_job:
      return "running-job";
    case Veto::waiting_job:
      return "waiting-job";
    case Veto::inbox_file:
      return "inbox-file";
    case Veto::operator_hold:
      return "operator-hold";
    case Veto::start_near:
      return "start-near";
    case Veto::short_gap:
      return "short-gap";
  }
  return {};
}

std::string Decision::reasons() const {
  std::vector<std::string> texts;
  texts.reserve(objections.size());
  for (const Objection& objection : objections) texts.push_back(objection.text);
  return core::join(texts, "; ");
}

double break_even_s(const Machine& machine) {
  if (machine.boot_wh <= 0) return 0;
  if (machine.idle_watts <= 0) return std::numeric_limits<double>::infinity();
  return machine.boot_wh * 3600 / machine.idle_watts;
}

Decision decide(const Facts& facts, const Machine& machine) {
  Decision decision;
  const auto object = [&](Veto veto, std::string text) {
    decision.objections.push_back({veto, std::move(text)});
  };
  if (!facts.inhibitors.empty()) object(Veto::inhibitor, first_of(facts.inhibitors));
  if (!facts.users.empty()) object(Veto::user, first_of(facts.users));
  if (facts.queue.running > 0)
    object(Veto::running_job,
           facts.queue.running == 1 ? "a job runs" : fmt::format("{} jobs run", facts.queue.running));
  if (facts.queue.waiting > 0)
    object(Veto::waiting_job,
           fmt::format("{} may run at a time not known yet{}",
                       facts.queue.waiting == 1 ? "a job" : fmt::format("{} jobs", facts.queue.waiting),
                       facts.queue.waiting_why.empty() ? "" : " (" + facts.queue.waiting_why + ")"));
  if (!facts.inbox_files.empty()) object(Veto::inbox_file, "in the inbox: " + first_of(facts.inbox_files));
  if (!facts.hold.empty()) object(Veto::operator_hold, facts.hold);
  if (!facts.queue.next_start) return decision;

  const std::int64_t start = *facts.queue.next_start;
  const double gap = static_cast<double>(start - facts.off_at);
  // The alarm must lie ahead when the machine goes off, with time to go off in between.
  const double lead = machine.boot_s + machine.margin_s;
  const double nearest = std::max(machine.stay_before_s, lead + 60);
  if (gap < nearest)
    object(Veto::start_near,
           fmt::format("the next job starts in {}; the machine stays on below {}",
                       core::format_duration(std::max(gap, 0.0)), core::format_duration(nearest)));
  const double pays = break_even_s(machine);
  if (gap < pays)
    object(Veto::short_gap,
           fmt::format("the next job starts in {}; switching off saves energy {}",
                       core::format_duration(std::max(gap, 0.0)),
                       std::isinf(pays) ? "never at 0 W idle" : "from " + core::format_duration(pays)));
  decision.wake_at = start - static_cast<std::int64_t>(std::ceil(lead));
  return decision;
}

}  // namespace turbodiff::power
