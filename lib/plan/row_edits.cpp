#include "plan/row_edits.h"

#include <algorithm>

#include "plan/plan_result.h"

namespace turbodiff::plan {
namespace {

/// Jobs that one edit may push along, and how near two edits must be for those between them to go earlier.
constexpr std::size_t most_pushed = 300;
constexpr std::size_t near = 200;

const Slot* slot_of(const std::vector<Slot>& moved, int task) {
  for (const Slot& slot : moved)
    if (slot.task == task) return &slot;
  return nullptr;
}

}  // namespace

RowEdits::RowEdits(const Problem& problem, const std::vector<Placement>& placements,
                   const std::vector<Placement>& fixed)
    : problem_(problem),
      tasks_(problem.tasks),
      rows_(rows_of(problem, placements)),
      places_(placements),
      ends_(placements.size()),
      fixed_(placements.size()) {
  rows_.resize(std::min<std::size_t>(static_cast<std::size_t>(problem.workers),
                                     std::max<std::size_t>(problem.tasks.size(), 1)));
  for (std::size_t i = 0; i < fixed.size(); ++i) fixed_[i] = fixed[i].placed();
  for (const auto& row : rows_)
    for (const Slot& slot : row) ends_[static_cast<std::size_t>(slot.task)] = slot.end;
}

std::size_t RowEdits::position(int task) const {
  const Placement& at = place(task);
  const std::vector<Slot>& slots = row(at.worker);
  return static_cast<std::size_t>(
      std::lower_bound(slots.begin(), slots.end(), at.start,
                       [](const Slot& s, Time value) { return s.start < value; }) -
      slots.begin());
}

bool RowEdits::may_run(int task, Time start, Time end) const {
  const Task& own = tasks_[static_cast<std::size_t>(task)];
  return start >= own.earliest && end <= own.latest_end &&
         Problem::inside(problem_.windows_of(own), start, end);
}

/// Notes a place that is tried; false when the job may not be there.
bool RowEdits::append(int task, Time start, Time end) {
  ++work_;
  if (!may_run(task, start, end)) return false;
  moved_.push_back({task, start, end});
  delta_ += cost(moved_.back());
  return true;
}

/// Tries an edit and the moves behind it, up to `next` on the same row. Moved jobs come into moved_, the
/// slots they replace into changes_.
bool RowEdits::simulate(const RowEdit& edit, const RowEdit* next) {
  const std::vector<Slot>& slots = row(edit.worker);
  const bool goes_on = !changes_.empty() && changes_.back().worker == edit.worker &&
                       changes_.back().end == edit.at && changes_.back().last > changes_.back().first;
  if (!goes_on) changes_.push_back({edit.worker, edit.at, edit.at, moved_.size(), moved_.size()});
  int previous = -1;
  Time time = 0;
  if (goes_on) {
    previous = moved_.back().task;
    time = moved_.back().end;
  } else if (edit.at > 0) {
    previous = slots[edit.at - 1].task;
    time = slots[edit.at - 1].end;
    if (edit.removed > 0) time = std::max(time, slots[edit.at].start);
  } else if (edit.removed > 0) {
    time = slots[edit.at].start;
  }
  for (std::size_t k = 0; k < edit.removed; ++k) {
    if (is_fixed(slots[edit.at + k].task)) return false;
    delta_ -= cost(slots[edit.at + k]);
  }
  for (const int task : edit.inserted) {
    time = std::max(time, tasks_[static_cast<std::size_t>(task)].earliest);
    const Time end = time + problem_.duration(task, previous);
    if (!append(task, time, end)) return false;
    previous = task;
    time = end;
  }
  std::size_t at = edit.at + edit.removed;
  const std::size_t stop = next != nullptr ? next->at : slots.size();
  const bool may_pull = next != nullptr && stop - at <= near;
  const std::size_t pushed = moved_.size();
  for (; at < stop; ++at) {
    const Slot& slot = slots[at];
    const bool after_gap = slot.start > (at > 0 ? slots[at - 1].end : 0);
    Time start = std::max(time, slot.start);
    if (may_pull && !after_gap) start = std::max(time, tasks_[static_cast<std::size_t>(slot.task)].earliest);
    // Only the first of them has another job before it than it had.
    const Time end =
        start + (moved_.size() == pushed ? problem_.duration(slot.task, previous) : slot.end - slot.start);
    if (start == slot.start && end == slot.end) break;
    if (moved_.size() - pushed > most_pushed || (start != slot.start && is_fixed(slot.task))) return false;
    delta_ -= cost(slot);
    if (!append(slot.task, start, end)) return false;
    previous = slot.task;
    time = end;
  }
  changes_.back().end = at;
  changes_.back().last = moved_.size();
  return true;
}

bool RowEdits::order_is_kept() const {
  return std::all_of(moved_.begin(), moved_.end(), [&](const Slot& slot) {
    const Task& own = tasks_[static_cast<std::size_t>(slot.task)];
    return std::all_of(own.after.begin(), own.after.end(),
                       [&](int before) {
                         const Slot* other = slot_of(moved_, before);
                         return (other ? other->end : ends_[static_cast<std::size_t>(before)]) <= slot.start;
                       }) &&
           std::all_of(own.successors.begin(), own.successors.end(), [&](int after) {
             if (!place(after).placed()) return true;
             const Slot* other = slot_of(moved_, after);
             return (other ? other->start : place(after).start) >= slot.end;
           });
  });
}

void RowEdits::apply() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    std::vector<Slot>& slots = rows_[static_cast<std::size_t>(change->worker)];
    const auto fresh = moved_.begin() + static_cast<std::ptrdiff_t>(change->first);
    const std::size_t count = change->last - change->first, old = change->end - change->begin;
    const auto begin = slots.begin() + static_cast<std::ptrdiff_t>(change->begin);
    const std::size_t common = std::min(count, old);
    const auto rest = std::copy_n(fresh, common, begin);
    if (old > common)
      slots.erase(rest, rest + static_cast<std::ptrdiff_t>(old - common));
    else
      slots.insert(rest, fresh + static_cast<std::ptrdiff_t>(common),
                   fresh + static_cast<std::ptrdiff_t>(count));
    for (std::size_t k = change->first; k < change->last; ++k) {
      places_[static_cast<std::size_t>(moved_[k].task)] = {change->worker, moved_[k].start};
      ends_[static_cast<std::size_t>(moved_[k].task)] = moved_[k].end;
    }
  }
}

bool RowEdits::improve(const std::vector<RowEdit>& edits) {
  moved_.clear();
  changes_.clear();
  delta_ = 0;
  for (std::size_t k = 0; k < edits.size(); ++k) {
    const bool more = k + 1 < edits.size() && edits[k + 1].worker == edits[k].worker;
    if (!simulate(edits[k], more ? &edits[k + 1] : nullptr)) return false;
  }
  if (delta_ >= 0 || !order_is_kept()) return false;
  gained_ -= delta_;
  apply();
  return true;
}

bool RowEdits::move_gap(int worker, std::size_t at) {
  const std::vector<Slot>& slots = row(worker);
  const Time reached = at > 0 ? slots[at - 1].end : 0;
  const auto is_joined = [&](std::size_t k) { return slots[k].start == slots[k - 1].end; };
  const auto try_shift = [&](const Slot& slot, Time by) {
    if (is_fixed(slot.task) || !append(slot.task, slot.start + by, slot.end + by)) return false;
    delta_ -= cost(slot);
    return true;
  };
  moved_.clear();
  changes_.clear();
  delta_ = 0;
  Cost best = 0;
  std::size_t count = 0;
  // The jobs behind it go earlier: the ties too, which gathers gaps and ends sooner.
  if (at < slots.size() && slots[at].start > reached) {
    const Time gap = slots[at].start - reached;
    for (std::size_t k = at; k < slots.size() && (k == at || is_joined(k)); ++k) {
      if (moved_.size() > most_pushed || !try_shift(slots[k], -gap)) break;
      if (delta_ <= best) {
        best = delta_;
        count = moved_.size();
      }
    }
    if (count > 0) {
      moved_.resize(count);
      changes_.push_back({worker, at, at + count, 0, count});
      if (order_is_kept()) {
        apply();
        gained_ -= best;
        return true;
      }
    }
    // The jobs before it go later, when that is cheaper.
    moved_.clear();
    changes_.clear();
    delta_ = best = 0;
    count = 0;
    for (std::size_t k = at; k-- > 0;) {
      if (moved_.size() > most_pushed || !try_shift(slots[k], gap)) break;
      if (delta_ < best) {
        best = delta_;
        count = moved_.size();
      }
      if (k > 0 && !is_joined(k)) break;
    }
    if (count > 0) {
      moved_.resize(count);
      std::reverse(moved_.begin(), moved_.end());
      changes_.push_back({worker, at - count, at, 0, count});
      if (order_is_kept()) {
        apply();
        gained_ -= best;
        return true;
      }
    }
  }
  return false;
}

}  // namespace turbodiff::plan
