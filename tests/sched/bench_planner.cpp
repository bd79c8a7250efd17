// Times and gaps of large plans, one line a family of queues:
//   bench_planner [QUEUES [WORD]]   QUEUES of each family, those whose name contains WORD
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "plan/planner.h"
#include "sched/random_plans.h"

using namespace turbodiff;
using testing::Prices;
using testing::QueueShape;

namespace {

struct Family {
  std::string name;
  QueueShape shape;
};

struct Figures {
  std::vector<double> gaps, times, setups;

  void print(const std::string& name, double placed) {
    std::sort(gaps.begin(), gaps.end());
    std::sort(times.begin(), times.end());
    std::sort(setups.begin(), setups.end());
    const auto at = [](const std::vector<double>& sorted, std::size_t percent) {
      return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
    };
    fmt::print(
        "{:<42} {:7.1f} ms median {:7.1f} worst   gap {:5.2f} % median {:5.2f} p90 {:6.2f} worst   set-ups "
        "{:4.2f} %   {:5.1f} % placed\n",
        name, at(times, 50), times.back(), at(gaps, 50), at(gaps, 90), gaps.back(), at(setups, 50), placed);
    std::fflush(stdout);
  }
};

/// Of this process, so that others on the machine do not count.
double cpu_ms() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// What setups cost, about.
double setup_cost(const testing::PlanCase& input, const plan::Plan& plan) {
  double sum = 0;
  for (const plan::PlannedJob& job : plan.jobs)
    if (job.setup)
      sum += static_cast<double>(job.cost.gross.micro()) *
             static_cast<double>(input.request.jobs[job.job].setup_seconds) /
             static_cast<double>(job.end - job.start);
  return sum;
}

/// Loads from 40 to 90 % over the queues.
void bench(const Family& family, int queues, Figures& all) {
  Figures own;
  std::size_t placed = 0, jobs = 0;
  for (int i = 0; i < queues; ++i) {
    testing::Dice dice(static_cast<std::uint64_t>(i + 1));
    QueueShape shape = family.shape;
    shape.load_percent = 40 + 50 * i / std::max(1, queues - 1);
    const testing::PlanCase input = testing::random_queue(dice, shape);
    const double begin = cpu_ms();
    const plan::Plan plan = plan::make_plan(input.request, input.curve);
    own.times.push_back(cpu_ms() - begin);
    const auto cost = static_cast<double>(plan.total_cost.gross.micro());
    const auto bound = static_cast<double>(plan.lower_bound.micro());
    own.gaps.push_back(100 * (cost - bound) / std::max(1.0, std::abs(cost)));
    own.setups.push_back(100 * setup_cost(input, plan) / std::max(1.0, std::abs(cost)));
    placed += plan.jobs.size();
    jobs += input.request.jobs.size();
  }
  all.gaps.insert(all.gaps.end(), own.gaps.begin(), own.gaps.end());
  all.setups.insert(all.setups.end(), own.setups.begin(), own.setups.end());
  all.times.insert(all.times.end(), own.times.begin(), own.times.end());
  own.print(family.name, 100.0 * static_cast<double>(placed) / static_cast<double>(jobs));
}

std::vector<Family> families(int jobs, int quarters) {
  const QueueShape plain{.jobs = jobs, .quarters = quarters};
  std::vector<Family> list;
  const auto add = [&](const std::string& name, auto&& change) {
    QueueShape shape = plain;
    change(shape);
    list.push_back({fmt::format("{} x {} {}", jobs, quarters, name), shape});
  };
  const std::pair<const char*, Prices> prices[] = {{"day-ahead", Prices::day_ahead},
                                                   {"noise", Prices::noise},
                                                   {"two rates", Prices::two_rates},
                                                   {"five rates", Prices::five_rates},
                                                   {"negatives", Prices::negatives}};
  for (const auto& [name, kind] : prices)
    for (const int workers : {1, 2, 4})
      add(fmt::format("{}, {} workers", name, workers), [&, kind = kind](QueueShape& s) {
        s.prices = kind;
        s.workers = workers;
      });
  add("tight deadlines", [](QueueShape& s) { s.first_deadline_part = 12; });
  add("no deadlines", [](QueueShape& s) { s.deadline_percent = 0; });
  add("earliest", [](QueueShape& s) { s.earliest_percent = 50; });
  add("priorities, two rates", [](QueueShape& s) {
    s.priorities = 3;
    s.prices = Prices::two_rates;
  });
  add("chains", [](QueueShape& s) { s.chain_percent = 20; });
  add("all in groups", [](QueueShape& s) { s.group_percent = 100; });
  add("no groups", [](QueueShape& s) { s.group_percent = 0; });
  add("off-peak only", [](QueueShape& s) { s.off_peak_percent = 100; });
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  const int queues = argc > 1 ? std::atoi(argv[1]) : 11;
  const std::string word = argc > 2 ? argv[2] : "";
  const auto run = [&](int jobs, int quarters, int count) {
    Figures all;
    for (const Family& family : families(jobs, quarters))
      if (family.name.find(word) != std::string::npos) bench(family, count, all);
    if (!all.gaps.empty()) all.print(fmt::format("{} x {}, all", jobs, quarters), 100);
  };
  run(1000, 192, queues);
  run(10000, 672, std::max(3, queues / 4));
  run(60, 192, queues);
}
