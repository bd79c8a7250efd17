#include "store/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace turbodiff::store {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 6> state_names{{{State::queued, "queued"},
                                                                         {State::held, "held"},
                                                                         {State::running, "running"},
                                                                         {State::done, "done"},
                                                                         {State::failed, "failed"},
                                                                         {State::cancelled, "cancelled"}}};

struct Transition {
  Action action;
  std::string_view name;
  std::vector<State> from;
  std::optional<State> to;  ///< nothing: as it was
  std::string_view hint;
};

const std::vector<Transition>& transitions() {
  using enum State;
  static const std::vector<Transition> table = {
      {Action::edit, "edited", {queued, held}, {}, "only queued and held jobs can be edited"},
      {Action::hold, "held", {queued}, held, "only queued jobs can be held"},
      {Action::release, "released", {held}, queued, "only held jobs can be released"},
      {Action::cancel, "cancelled", {queued, held, running}, cancelled, "it has ended already"},
      {Action::retry,
       "retried",
       {failed, cancelled},
       queued,
       "only failed and cancelled jobs can be retried"},
      {Action::remove, "removed", {queued, held, done, failed, cancelled}, {}, "cancel it first"},
      {Action::claim, "started", {queued}, running, ""},
      {Action::finish, "finished", {running}, done, ""},
      {Action::fail, "failed", {running}, failed, ""},
      {Action::try_again, "queued again", {running}, queued, ""},
      {Action::interrupt, "interrupted", {running}, queued, ""},
      {Action::set_aside, "set aside", {running}, held, ""},
  };
  return table;
}

template <typename Table, typename Value>
std::string_view find_name(const Table& table, Value value) {
  for (const auto& [candidate, name] : table)
    if (candidate == value) return name;
  return "unknown";
}

}  // namespace

std::string_view name_of(State state) {
  return find_name(state_names, state);
}

std::optional<State> state_named(std::string_view name) {
  for (const auto& [state, candidate] : state_names)
    if (candidate == name) return state;
  return std::nullopt;
}

bool is_final(State state) {
  return state == State::done || state == State::failed || state == State::cancelled;
}

bool is_set_aside(State state, int failures, int retries) {
  return state == State::held && failures > retries;
}

bool is_set_aside(const Job& job) {
  return is_set_aside(job.state, job.failures, job.spec.retries);
}

State after(State state, Action action, JobId job) {
  for (const Transition& row : transitions()) {
    if (row.action != action) continue;
    if (std::find(row.from.begin(), row.from.end(), state) == row.from.end())
      throw Error::bad_request(fmt::format("job {} is {} and cannot be {}", job, name_of(state), row.name),
                               std::string(row.hint));
    return row.to.value_or(state);
  }
  throw Error::work_failed("invalid state transition");
}

std::string_view name_of(AttemptState state) {
  switch (state) {
    case AttemptState::running:
      return "running";
    case AttemptState::publishing:
      return "publishing";
    case AttemptState::done:
      return "done";
    case AttemptState::failed:
      return "failed";
    case AttemptState::interrupted:
      return "interrupted";
  }
  return "unknown";
}

}  // namespace turbodiff::store
