#include "plan/workboard.h"

#include <algorithm>

#include "plan/plan_result.h"
#include "sched/random_plans.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using plan::Placement;
using plan::PlanJob;
using plan::Problem;
using plan::Slot;
using plan::Workboard;

namespace {

/// What is wrong with a board; empty when nothing is.
std::string fault_on(const Problem& problem, const Workboard& board) {
  plan::Cost total = 0;
  int worker = 0;
  for (const auto& row : plan::rows_of(problem, board.placements())) {
    const std::vector<Slot>& kept = board.slots(worker++);
    if (kept.size() != row.size()) return "a row lacks a job";
    for (std::size_t k = 0; k < row.size(); ++k) {
      const plan::Task& task = problem.tasks[static_cast<std::size_t>(row[k].task)];
      if (kept[k].task != row[k].task || kept[k].end != row[k].end) return "an end is not what the row says";
      if (row[k].end > task.latest_end) return "a job ends behind the horizon or its deadline";
      if (!Problem::inside(problem.windows_of(task), row[k].start, row[k].end))
        return "a job leaves its window";
      if (k > 0 && row[k - 1].end > row[k].start) return "jobs overlap";
      total += problem.cost(row[k].task, row[k].start, row[k].end);
    }
  }
  return total == board.total() ? "" : "the total is not the sum";
}

}  // namespace

TEST_CASE("a job whose setup the next one would need behind the horizon cannot be taken out") {
  plan::PlanRequest request;
  request.now = 1'790'000'000;
  request.horizon_s = 100;
  for (const char* id : {"first", "last"}) {
    PlanJob job;
    job.id = id;
    job.seconds = 40;
    job.setup_seconds = 20;
    job.milliwatts = 1000;
    job.group = "g";
    request.jobs.push_back(job);
  }
  const tariff::PriceCurve curve(
      {{request.now, request.now + 100, "", tariff::Price{1000, 1000, 0, 0}, true, false, std::nullopt}});
  const Problem problem = plan::make_problem(request, curve);
  Workboard board(problem, std::vector<Placement>(2));
  board.place(0, {0, 0});
  board.place(1, {0, 60});
  const plan::Cost total = board.total();
  CHECK_FALSE(board.remove({0}));
  CHECK(board.placements()[0].placed());
  CHECK(board.total() == total);
  CHECK(fault_on(problem, board) == "");
  CHECK(board.remove({0, 1}));
  CHECK(board.total() == 0);
  CHECK(fault_on(problem, board) == "");
}

TEST_CASE("a board with groups near the horizon stays sound whatever is taken out and put in") {
  Dice dice(20261130);
  int refused = 0, removed = 0;
  for (int round = 0; round < 3000; ++round) {
    PlanCase input = random_small_case(dice, static_cast<int>(dice.between(3, 8)),
                                       static_cast<int>(dice.between(1, 2)), dice.between(12, 40));
    for (PlanJob& job : input.request.jobs) {
      job.group = dice.chance(70) ? "g" : "h";
      job.setup_seconds = dice.between(1, 4);
      job.seconds = dice.between(1, 5);
    }
    const Problem problem = plan::make_problem(input.request, input.curve);
    const auto count = static_cast<std::int64_t>(problem.tasks.size());
    Workboard board(problem, std::vector<Placement>(problem.tasks.size()));
    for (int step = 0; step < 40; ++step) {
      const auto i = static_cast<int>(dice.between(0, count - 1));
      if (problem.tasks[static_cast<std::size_t>(i)].blocked) continue;
      if (!board.is_placed(i)) {
        const auto offer = dice.chance(50) ? board.cheapest(i) : board.earliest(i, dice.between(0, 10));
        if (offer) board.place(i, offer->place);
      } else {
        // One job, or it and those behind it.
        const Placement at = board.placements()[static_cast<std::size_t>(i)];
        std::vector<int> tasks;
        for (const Slot& slot : board.slots(at.worker))
          if (slot.start >= at.start && static_cast<std::int64_t>(tasks.size()) <= step % 3)
            tasks.push_back(slot.task);
        const bool wanted_by_others = std::any_of(tasks.begin(), tasks.end(), [&](int task) {
          const auto& after = problem.tasks[static_cast<std::size_t>(task)].successors;
          return std::any_of(after.begin(), after.end(), [&](int next) { return board.is_placed(next); });
        });
        if (wanted_by_others) continue;
        ++(board.remove(tasks) ? removed : refused);
      }
      REQUIRE(fault_on(problem, board) == "");
    }
  }
  MESSAGE(fmt::format("{} removals, {} refused", removed, refused));
  CHECK(refused > 100);
  CHECK(removed > 1000);
}
