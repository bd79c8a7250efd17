#include "sched/exhaustive_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace turbodiff::testing {
namespace {

using plan::PlanJob;
using plan::PlanRequest;
using spec::When;
using Int = std::int64_t;

/// Every second of the horizon looked up once.
class World {
 public:
  World(const PlanRequest& request, const tariff::PriceCurve& curve) : request_(request) {
    const auto horizon = static_cast<std::size_t>(request.horizon_s);
    sums_.assign(horizon + 1, 0);
    for (auto& row : run_) row.assign(horizon + 1, 0);
    for (std::size_t t = horizon; t-- > 0;) {
      const tariff::Segment* segment = curve.at(request.now + static_cast<Int>(t));
      const bool priced = segment && segment->price;
      prices_.push_back(priced ? segment->price->gross : 0);
      const bool allowed[3] = {priced && segment->off_peak, priced, priced};
      for (int kind = 0; kind < 3; ++kind) run_[kind][t] = allowed[kind] ? run_[kind][t + 1] + 1 : 0;
    }
    std::reverse(prices_.begin(), prices_.end());
    for (std::size_t t = 0; t < horizon; ++t) sums_[t + 1] = sums_[t] + prices_[t];
    for (std::size_t i = 0; i < request.jobs.size(); ++i) {
      std::vector<int> before;
      for (const std::string& id : request.jobs[i].after) {
        int found = -1;
        for (std::size_t k = 0; k < request.jobs.size(); ++k)
          if (request.jobs[k].id == id) found = static_cast<int>(k);
        before.push_back(found);
      }
      after_.push_back(before);
    }
  }

  const std::vector<int>& after(std::size_t job) const { return after_[job]; }

  __int128 cost(std::size_t job, Int start, Int end) const {
    return (sums_[static_cast<std::size_t>(end)] - sums_[static_cast<std::size_t>(start)]) *
           request_.jobs[job].milliwatts;
  }

  /// A job alone: its window, earliest and deadline.
  bool may_run(std::size_t i, Int start, Int end) const {
    const PlanJob& job = request_.jobs[i];
    if (start < 0 || end > request_.horizon_s) return false;
    if (job.earliest && request_.now + start < *job.earliest) return false;
    if (job.deadline && request_.now + end > *job.deadline) return false;
    return run_[static_cast<int>(job.when)][static_cast<std::size_t>(start)] >= end - start;
  }

  /// Fills in the ends; false when jobs overlap or one may not run where it is. A job that comes after one
  /// that is not there is wrong only when `complete`.
  bool settle(std::vector<TriedPlace>& places, bool complete) const {
    for (int worker = 0; worker < request_.workers; ++worker) {
      std::vector<std::size_t> row;
      for (std::size_t i = 0; i < places.size(); ++i)
        if (places[i].worker == worker) row.push_back(i);
      std::sort(row.begin(), row.end(),
                [&](std::size_t a, std::size_t b) { return places[a].start < places[b].start; });
      for (std::size_t k = 0; k < row.size(); ++k) {
        const PlanJob& job = request_.jobs[row[k]];
        const bool warm = k > 0 && !job.group.empty() && request_.jobs[row[k - 1]].group == job.group;
        TriedPlace& place = places[row[k]];
        place.end = place.start + job.seconds + (warm ? 0 : job.setup_seconds);
        if (k > 0 && places[row[k - 1]].end > place.start) return false;
        if (!may_run(row[k], place.start, place.end)) return false;
      }
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i].worker < 0) continue;
      for (int before : after_[i]) {
        if (before < 0) return false;
        const TriedPlace& first = places[static_cast<std::size_t>(before)];
        if (first.worker < 0 ? complete : first.end > places[i].start) return false;
      }
    }
    return true;
  }

 private:
  const PlanRequest& request_;
  std::vector<Int> prices_;
  std::vector<__int128> sums_;
  std::vector<Int> run_[3];
  std::vector<std::vector<int>> after_;
};

class Search {
 public:
  Search(const PlanRequest& request, const World& world) : request_(request), world_(world) {
    places_.resize(request.jobs.size());
    place_now_jobs();
    for (std::size_t i = 0; i < request.jobs.size(); ++i)
      if (!tried_[i]) free_.push_back(i);
    // Those of high priority first, so that bad branches end early. The order has no influence on the result.
    std::stable_sort(free_.begin(), free_.end(), [&](std::size_t a, std::size_t b) {
      return request_.jobs[a].priority > request_.jobs[b].priority;
    });
    cheapest_.assign(free_.size() + 1, 0);
    for (std::size_t k = free_.size(); k-- > 0;) cheapest_[k] = cheapest_[k + 1] + cheapest(free_[k]);
    for (const TriedPlace& place : places_)
      if (place.worker >= 0) ++fixed_;
    go(0);
  }

  const TriedPlan& best() const { return best_; }

 private:
  /// Least cost of a job anywhere, and never above that of leaving it out.
  __int128 cheapest(std::size_t i) const {
    __int128 least = 0;
    const PlanJob& job = request_.jobs[i];
    for (Int length : {job.seconds, job.seconds + job.setup_seconds})
      for (Int t = 0; t + length <= request_.horizon_s; ++t)
        if (world_.may_run(i, t, t + length)) least = std::min(least, world_.cost(i, t, t + length));
    return least;
  }

  bool is_first(std::size_t i, std::set<std::size_t>& path) const {
    if (request_.jobs[i].when != When::now || !path.insert(i).second) return false;
    for (int before : world_.after(i))
      if (before < 0 || !is_first(static_cast<std::size_t>(before), path)) return false;
    path.erase(i);
    return true;
  }

  void place_now_jobs() {
    tried_.resize(places_.size());
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      std::set<std::size_t> path;
      if (is_first(i, path)) waiting.push_back(i);
    }
    for (std::size_t i : waiting) tried_[i] = true;
    std::stable_sort(waiting.begin(), waiting.end(), [&](std::size_t a, std::size_t b) {
      return request_.jobs[a].priority > request_.jobs[b].priority;
    });
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t k = 0; k < waiting.size() && !moved; ++k) {
        const std::size_t i = waiting[k];
        const auto& after = world_.after(i);
        const bool ready = std::all_of(after.begin(), after.end(), [&](int b) {
          return places_[static_cast<std::size_t>(b)].worker >= 0;
        });
        if (!ready) continue;
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(k));
        place_at_once(i);
        moved = true;
      }
    }
  }

  void place_at_once(std::size_t i) {
    for (Int t = 0; t < request_.horizon_s; ++t)
      for (int worker = 0; worker < request_.workers; ++worker) {
        auto attempt = places_;
        attempt[i] = {worker, t, 0};
        if (!world_.settle(attempt, true)) continue;
        places_ = attempt;
        return;
      }
  }

  /// Classes of priority, then cost, ends by priority, starts, workers.
  bool better(const TriedPlan& a, const TriedPlan& b) const {
    std::map<Int, int, std::greater<>> classes;
    for (std::size_t i : free_) {
      classes[request_.jobs[i].priority] += a.places[i].worker >= 0;
      classes[request_.jobs[i].priority] -= b.places[i].worker >= 0;
    }
    for (const auto& [priority, difference] : classes)
      if (difference != 0) return difference > 0;
    if (a.cost != b.cost) return a.cost < b.cost;
    std::map<Int, Int, std::greater<>> ends;
    for (std::size_t i = 0; i < a.places.size(); ++i)
      ends[request_.jobs[i].priority] +=
          (a.places[i].worker < 0 ? 0 : a.places[i].end) - (b.places[i].worker < 0 ? 0 : b.places[i].end);
    for (const auto& [priority, difference] : ends)
      if (difference != 0) return difference < 0;
    const auto start = [](const TriedPlace& p) {
      return p.worker < 0 ? std::numeric_limits<Int>::max() : p.start;
    };
    for (std::size_t i = 0; i < a.places.size(); ++i)
      if (start(a.places[i]) != start(b.places[i])) return start(a.places[i]) < start(b.places[i]);
    for (std::size_t i = 0; i < a.places.size(); ++i)
      if (a.places[i].worker != b.places[i].worker) return a.places[i].worker < b.places[i].worker;
    return false;
  }

  /// Could a plan that places all jobs from `k` on still beat the best?
  bool hopeless(std::size_t k) const {
    if (!found_) return false;
    std::map<Int, int, std::greater<>> classes;
    for (std::size_t f = 0; f < free_.size(); ++f) {
      const std::size_t i = free_[f];
      classes[request_.jobs[i].priority] += f >= k || places_[i].worker >= 0;
      classes[request_.jobs[i].priority] -= best_.places[i].worker >= 0;
    }
    for (const auto& [priority, difference] : classes)
      if (difference != 0) return difference < 0;
    if (groups_) return false;
    __int128 cost = cheapest_[k];
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i].worker >= 0) {
        const PlanJob& job = request_.jobs[i];
        cost += world_.cost(i, places_[i].start, places_[i].start + job.seconds + job.setup_seconds);
      }
    return cost > best_.cost;
  }

  /// Without setups left to save, no two jobs may stand closer than their work.
  bool clashes(std::size_t i, int worker, Int start) const {
    const Int end = start + request_.jobs[i].seconds;
    for (std::size_t k = 0; k < places_.size(); ++k) {
      if (places_[k].worker < 0 || k == i) continue;
      const Int other_end = places_[k].start + request_.jobs[k].seconds;
      if (places_[k].worker == worker && start < other_end && places_[k].start < end) return true;
      for (int before : world_.after(i))
        if (before == static_cast<int>(k) && other_end > start) return true;
      for (int before : world_.after(k))
        if (before == static_cast<int>(i) && end > places_[k].start) return true;
    }
    return false;
  }

  void go(std::size_t k) {
    if (hopeless(k)) return;
    if (k == free_.size()) {
      TriedPlan plan{places_, 0};
      if (!world_.settle(plan.places, true)) return;
      for (std::size_t i = 0; i < plan.places.size(); ++i)
        if (plan.places[i].worker >= 0) plan.cost += world_.cost(i, plan.places[i].start, plan.places[i].end);
      if (!found_ || better(plan, best_)) best_ = plan;
      found_ = true;
      return;
    }
    const std::size_t i = free_[k];
    const PlanJob& job = request_.jobs[i];
    for (Int t = 0; t < request_.horizon_s; ++t) {
      const Int least = job.seconds + (groups_ ? 0 : job.setup_seconds);
      const bool fits = t + least <= request_.horizon_s && world_.may_run(i, t, t + least);
      for (int worker = 0; fits && worker < request_.workers; ++worker) {
        if (clashes(i, worker, t)) continue;
        places_[i] = {worker, t, 0};
        go(k + 1);
        places_[i] = {};
      }
    }
    go(k + 1);
  }

  const PlanRequest& request_;
  const World& world_;
  std::vector<TriedPlace> places_;
  std::vector<bool> tried_;
  std::vector<std::size_t> free_;
  std::vector<__int128> cheapest_;
  int fixed_ = 0;
  bool groups_ = std::any_of(request_.jobs.begin(), request_.jobs.end(),
                             [](const PlanJob& job) { return !job.group.empty() && job.setup_seconds > 0; });
  bool found_ = false;
  TriedPlan best_;
};

}  // namespace

TriedPlan exhaustive_plan(const PlanRequest& request, const tariff::PriceCurve& curve) {
  const World world(request, curve);
  return Search(request, world).best();
}

std::optional<TriedPlan> greedy_by_price(const PlanRequest& request, const tariff::PriceCurve& curve) {
  const World world(request, curve);
  TriedPlan plan;
  plan.places.resize(request.jobs.size());
  for (std::size_t i = 0; i < request.jobs.size(); ++i) {
    std::optional<std::vector<TriedPlace>> best;
    for (Int t = 0; t < request.horizon_s; ++t)
      for (int worker = 0; worker < request.workers; ++worker) {
        auto attempt = plan.places;
        attempt[i] = {worker, t, 0};
        if (!world.settle(attempt, true)) continue;
        if (!best || world.cost(i, t, attempt[i].end) < world.cost(i, (*best)[i].start, (*best)[i].end))
          best = attempt;
      }
    if (best) plan.places = *best;
  }
  for (std::size_t i = 0; i < plan.places.size(); ++i)
    if (plan.places[i].worker >= 0) plan.cost += world.cost(i, plan.places[i].start, plan.places[i].end);
  return plan;
}

std::string fault_in(const PlanRequest& request, const tariff::PriceCurve& curve, const plan::Plan& plan) {
  const World world(request, curve);
  std::vector<TriedPlace> places(request.jobs.size());
  std::vector<int> seen(request.jobs.size());
  __int128 cost = 0, energy = 0;
  for (const plan::PlannedJob& job : plan.jobs) {
    ++seen[job.job];
    if (job.id != request.jobs[job.job].id) return "a wrong id";
    if (job.worker < 0 || job.worker >= request.workers) return job.id + " is on no worker";
    places[job.job] = {job.worker, job.start - request.now, 0};
  }
  for (const plan::UnplacedJob& job : plan.unplaced) {
    ++seen[job.job];
    if (job.id != request.jobs[job.job].id || job.reason.empty()) return "an unplaced job without a reason";
  }
  if (!std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; })) return "a job is not there once";
  if (!world.settle(places, true)) return "the places break a constraint";
  for (const plan::PlannedJob& job : plan.jobs) {
    const TriedPlace& place = places[job.job];
    if (place.end != job.end - request.now) return fmt::format("{} ends at the wrong second", job.id);
    const Int own_energy = request.jobs[job.job].milliwatts * (place.end - place.start);
    if (own_energy != job.milliwatt_seconds) return job.id + " has the wrong energy";
    cost += world.cost(job.job, place.start, place.end);
    energy += own_energy;
  }
  if (energy != plan.total_milliwatt_seconds) return "the energy does not add up";
  if (core::divide_half_even(cost, 3'600'000'000'000) != plan.total_cost.gross.micro())
    return "the cost does not add up";
  if (plan.lower_bound > plan.total_cost.gross) return "the bound is above the plan";
  return {};
}

}  // namespace turbodiff::testing
