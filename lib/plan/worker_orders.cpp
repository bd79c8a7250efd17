#include "plan/worker_orders.h"

#include <algorithm>

#include "core/error.h"

namespace turbodiff::plan {
namespace {

unsigned bit(int job) {
  return 1U << job;
}

bool same_group(const SearchJob& a, const SearchJob& b) {
  return a.group >= 0 && a.group == b.group;
}

}  // namespace

WorkerOrders::WorkerOrders(const std::vector<SearchJob>& jobs, const std::vector<Bounds>& bounds, int worker,
                           Time horizon)
    : jobs_(jobs),
      bounds_(bounds),
      worker_(worker),
      horizon_(horizon),
      ended_(jobs.size() << jobs.size()),
      best_(std::size_t{1} << jobs.size(), WideInt::largest()) {
  const int count = static_cast<int>(jobs.size());
  for (int i = 0; i < count; ++i)
    if (jobs[static_cast<std::size_t>(i)].fixed_worker == worker && worker >= 0) fixed_here_ |= bit(i);
  if (fixed_here_ == 0) best_[0] = WideInt();
  for (unsigned set = 0; set + 1 < 1U << count; ++set) {
    std::map<int, Before> by_group;
    for (int j = 0; j < count; ++j) {
      const SearchJob& job = jobs[static_cast<std::size_t>(j)];
      if ((set & bit(j)) || (set & job.successors)) continue;
      if (job.fixed_worker >= 0 && !(fixed_here_ & bit(j))) continue;
      const auto [known, fresh] = by_group.try_emplace(job.group);
      if (fresh) known->second = before(set, job.group);
      add(set, j, known->second);
    }
  }
  for (unsigned set = 1; set < 1U << count; ++set) {
    if ((set & fixed_here_) != fixed_here_) continue;
    for (int last = 0; last < count; ++last)
      if ((set & bit(last)) && !ended(set, last).empty() && ended(set, last).final() < best_[set])
        best_[set] = ended(set, last).final();
  }
}

WorkerOrders::Before WorkerOrders::before(unsigned set, int group) const {
  Before result;
  if (set == 0) result.cold = BestByTime::constant({});
  for (int last = 0; last < static_cast<int>(jobs_.size()); ++last) {
    if (!(set & bit(last))) continue;
    const bool warm = group >= 0 && jobs_[static_cast<std::size_t>(last)].group == group;
    (warm ? result.warm : result.cold).take_min(ended(set, last));
  }
  return result;
}

/// No job runs into a fixed one that is still to come.
Time WorkerOrders::last_start(unsigned set, int job, Time length) const {
  Time last = bounds_[static_cast<std::size_t>(job)].latest_end - length;
  for (int i = 0; i < static_cast<int>(jobs_.size()); ++i)
    if (i != job && (fixed_here_ & bit(i)) && !(set & bit(i)))
      last = std::min(last, jobs_[static_cast<std::size_t>(i)].fixed_start - length);
  return last;
}

void WorkerOrders::add(unsigned set, int job, const Before& before) {
  const SearchJob& own = jobs_[static_cast<std::size_t>(job)];
  const Time earliest = bounds_[static_cast<std::size_t>(job)].earliest;
  const auto extended = [&](const BestByTime& ends, const std::vector<ValuePiece>& starts, Time length) {
    std::vector<ValuePiece> clipped;
    for (ValuePiece piece : starts) {
      if (piece.last < earliest) continue;
      if (piece.first < earliest) {
        piece.value = piece.value + piece.slope * static_cast<std::uint64_t>(earliest - piece.first);
        piece.first = earliest;
      }
      clipped.push_back(piece);
    }
    return BestByTime::extend(ends, clipped, length, last_start(set, job, length));
  };
  BestByTime& result = ended_[(set | bit(job)) * jobs_.size() + static_cast<std::size_t>(job)];
  if (!before.cold.empty()) result.take_min(extended(before.cold, own.cold_starts, own.cold));
  if (!before.warm.empty()) result.take_min(extended(before.warm, own.warm_starts, own.warm));
}

std::optional<WideInt> WorkerOrders::start_value(int job, bool warm, Time start) const {
  const SearchJob& own = jobs_[static_cast<std::size_t>(job)];
  for (const ValuePiece& piece : warm ? own.warm_starts : own.cold_starts)
    if (start >= piece.first && start <= piece.last)
      return piece.value + piece.slope * static_cast<std::uint64_t>(start - piece.first);
  return std::nullopt;
}

std::vector<SearchPlace> WorkerOrders::schedule(unsigned set) const {
  std::vector<SearchPlace> places;
  if (set == 0) return places;
  const int count = static_cast<int>(jobs_.size());
  int last = 0;
  while (!(set & bit(last)) || ended(set, last).empty() || !(ended(set, last).final() == best_[set])) ++last;
  Time by = horizon_;
  while (true) {
    const WideInt value = *ended(set, last).at(by);
    const Time end = ended(set, last).reached(by);
    const SearchJob& own = jobs_[static_cast<std::size_t>(last)];
    const unsigned rest = set & ~bit(last);
    if (rest == 0) {
      places.push_back({last, end - own.cold, end});
      break;
    }
    int previous = -1;
    for (int l = 0; l < count && previous < 0; ++l) {
      if (!(rest & bit(l))) continue;
      const bool warm = same_group(jobs_[static_cast<std::size_t>(l)], own);
      const Time start = end - (warm ? own.warm : own.cold);
      const auto earlier = ended(rest, l).at(start);
      const auto cost = start_value(last, warm, start);
      if (!earlier || !cost || !(*earlier + *cost == value)) continue;
      places.push_back({last, start, end});
      previous = l;
      by = start;
    }
    if (previous < 0) throw Error::work_failed("the planner lost the order of its best plan");
    set = rest;
    last = previous;
  }
  std::reverse(places.begin(), places.end());
  return places;
}

}  // namespace turbodiff::plan
