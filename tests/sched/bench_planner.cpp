// Times and gaps of large plans: bench_planner [SEEDS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "sched/planner.h"
#include "sched/random_plans.h"

using namespace turbodiff;

namespace {

void bench(int jobs, int quarters, int workers, int seeds) {
  std::vector<double> gaps, times;
  std::size_t placed = 0, all = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    testing::Dice dice(static_cast<std::uint64_t>(seed));
    const int load = 40 + 50 * (seed - 1) / std::max(1, seeds - 1);
    const testing::PlanCase input = testing::random_queue(dice, jobs, quarters, workers, load);
    const auto begin = std::chrono::steady_clock::now();
    const sched::Plan plan = sched::make_plan(input.request, input.curve);
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    const auto cost = static_cast<double>(plan.total_cost.gross.micro());
    const auto bound = static_cast<double>(plan.lower_bound.micro());
    gaps.push_back(100 * (cost - bound) / std::abs(bound));
    times.push_back(ms);
    placed += plan.jobs.size();
    all += input.request.jobs.size();
  }
  std::sort(gaps.begin(), gaps.end());
  std::sort(times.begin(), times.end());
  fmt::print(
      "{:6} jobs, {:4} quarter hours, {} workers: {:7.1f} ms median, {:7.1f} worst; gap {:.2f} % median, "
      "{:.2f} "
      "% worst; {:.1f} % placed\n",
      jobs, quarters, workers, times[times.size() / 2], times.back(), gaps[gaps.size() / 2], gaps.back(),
      100.0 * static_cast<double>(placed) / static_cast<double>(all));
}

}  // namespace

int main(int argc, char** argv) {
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 11;
  bench(1000, 192, 1, seeds);
  bench(1000, 192, 2, seeds);
  bench(10000, 672, 1, std::max(3, seeds / 4));
  bench(10000, 672, 4, std::max(3, seeds / 4));
}
