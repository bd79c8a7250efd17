#include "plan/plan_result.h"

#include <algorithm>

namespace turbodiff::plan {
namespace {

/// The price, its parts and the carbon of [0, horizon) as sums that answer any interval in O(log n).
class PriceSums {
 public:
  PriceSums(const PlanRequest& request, const tariff::PriceCurve& curve) {
    Time reached = 0;
    for (const tariff::Segment& segment : curve.segments()) {
      const Time begin = std::max<Time>(segment.start - request.now, 0);
      const Time end = std::min<Time>(segment.end - request.now, request.horizon_s);
      if (begin >= end) continue;
      if (begin > reached) append(begin, {}, 0);
      append(end, segment.price.value_or(tariff::Price{}), segment.milligram_co2.value_or(0));
      reached = end;
    }
    if (reached < request.horizon_s) append(request.horizon_s, {}, 0);
  }

  energy::ExactCost detail(Time begin, Time end, std::int64_t milliwatts) const {
    return {gross_.between(begin, end) * milliwatts, net_.between(begin, end) * milliwatts,
            levies_.between(begin, end) * milliwatts};
  }
  Cost carbon(Time begin, Time end, std::int64_t milliwatts) const {
    return carbon_.between(begin, end) * milliwatts;
  }

 private:
  void append(Time end, const tariff::Price& price, std::int64_t milligrams) {
    gross_.append(end, price.gross);
    net_.append(end, price.net);
    levies_.append(end, price.levies);
    carbon_.append(end, milligrams);
  }

  StepSum gross_, net_, levies_, carbon_;
};

Cost asap(const Problem& problem, const std::vector<std::vector<Slot>>& rows, const PriceSums& prices) {
  std::vector<int> tasks;
  for (const auto& row : rows)
    for (const Slot& slot : row) tasks.push_back(slot.task);
  std::sort(tasks.begin(), tasks.end());
  Timeline timeline(problem);
  place_earliest(timeline, problem, tasks, true);
  Cost cost = 0;
  for (const auto& row : rows)
    for (const Slot& planned : row) {
      const bool placed = timeline.placement(planned.task).placed();
      const Time start = placed ? timeline.placement(planned.task).start : planned.start;
      const Time end = placed ? timeline.end(planned.task) : planned.end;
      cost +=
          prices.detail(start, end, problem.tasks[static_cast<std::size_t>(planned.task)].milliwatts).gross;
    }
  return cost;
}

/// The machine is on from `now` to the last end; in a gap it idles or, where a wake-up is cheaper, is off.
IdleUse idle_use(const PlanRequest& request, const std::vector<std::vector<Slot>>& rows,
                 const PriceSums& prices) {
  std::vector<Span> busy;
  for (const auto& row : rows)
    for (const Slot& slot : row) busy.push_back({slot.start, slot.end});
  std::sort(busy.begin(), busy.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  IdleUse use;
  Cost total = 0;
  Time reached = 0;
  for (const Span& span : busy) {
    if (span.begin > reached) {
      const std::int64_t idle_energy = request.idle_milliwatts.value_or(0) * (span.begin - reached);
      const Cost idle = prices.detail(reached, span.begin, request.idle_milliwatts.value_or(0)).gross;
      const std::int64_t wake_energy = request.wake_milliwatt_hours.value_or(0) * 3600;
      const Cost wake = prices.detail(span.begin, std::min(span.begin + 1, span.end), 1).gross * wake_energy;
      const bool off = request.wake_milliwatt_hours && (!request.idle_milliwatts || wake < idle);
      use.milliwatt_seconds += off ? wake_energy : idle_energy;
      use.wakes += off ? 1 : 0;
      total += off ? wake : idle;
    }
    reached = std::max(reached, span.end);
  }
  use.cost = money_of(total);
  return use;
}

}  // namespace

core::Money money_of(Cost cost) {
  return core::Money::from_micro(core::divide_half_even(cost, energy::milliwatt_seconds_per_kwh * 1000));
}

std::vector<std::vector<Slot>> rows_of(const Problem& problem, const std::vector<Placement>& placements) {
  std::vector<std::vector<Slot>> rows;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    if (!placements[i].placed()) continue;
    const auto worker = static_cast<std::size_t>(placements[i].worker);
    if (rows.size() <= worker) rows.resize(worker + 1);
    rows[worker].push_back({static_cast<int>(i), placements[i].start, 0});
  }
  for (auto& row : rows) {
    std::sort(row.begin(), row.end(), [](const Slot& a, const Slot& b) { return a.start < b.start; });
    int previous = -1;
    for (Slot& slot : row) {
      slot.end = slot.start + problem.duration(slot.task, previous);
      previous = slot.task;
    }
  }
  return rows;
}

Cost total_objective(const Problem& problem, const std::vector<Placement>& placements) {
  Cost total = 0;
  for (const auto& row : rows_of(problem, placements))
    for (const Slot& slot : row) total += problem.cost(slot.task, slot.start, slot.end);
  return total;
}

Plan make_result(const PlanRequest& request, const tariff::PriceCurve& curve, const Problem& problem,
                 const std::vector<Placement>& placements) {
  const auto rows = rows_of(problem, placements);
  const PriceSums prices(request, curve);
  Plan plan;
  plan.objective = request.objective;
  energy::ExactCost total;
  Cost carbon = 0;
  for (std::size_t worker = 0; worker < rows.size(); ++worker)
    for (const Slot& slot : rows[worker]) {
      const auto job = static_cast<std::size_t>(slot.task);
      const Task& task = problem.tasks[job];
      const energy::ExactCost detail = prices.detail(slot.start, slot.end, task.milliwatts);
      const std::int64_t energy = task.milliwatts * (slot.end - slot.start);
      plan.jobs.push_back({job, request.jobs[job].id, static_cast<int>(worker), request.now + slot.start,
                           request.now + slot.end, task.setup > 0 && slot.end - slot.start > task.seconds,
                           energy, detail.rounded(energy::milliwatt_seconds_per_kwh)});
      total += detail;
      carbon += prices.carbon(slot.start, slot.end, task.milliwatts);
      plan.total_milliwatt_seconds += energy;
    }
  std::sort(plan.jobs.begin(), plan.jobs.end(), [](const PlannedJob& a, const PlannedJob& b) {
    return a.start != b.start ? a.start < b.start : a.worker < b.worker;
  });
  plan.total_cost = total.rounded(energy::milliwatt_seconds_per_kwh);
  plan.lower_bound = plan.total_cost.gross;
  plan.asap_cost = money_of(asap(problem, rows, prices));
  if (request.objective == Objective::carbon) {
    plan.milligram_co2 = core::divide_half_even(carbon, energy::milliwatt_seconds_per_kwh);
    plan.milligram_lower_bound = plan.milligram_co2;
  }
  if (request.idle_milliwatts || request.wake_milliwatt_hours) plan.idle = idle_use(request, rows, prices);
  return plan;
}

}  // namespace turbodiff::plan
