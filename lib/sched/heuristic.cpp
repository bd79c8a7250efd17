#include "sched/heuristic.h"

#include <algorithm>

#include "sched/timeline.h"

namespace turbodiff::sched {

HeuristicResult plan_heuristically(const Problem& problem, const std::vector<int>& movable,
                                   const std::vector<Placement>& fixed) {
  Timeline timeline(problem);
  for (std::size_t i = 0; i < fixed.size(); ++i)
    if (fixed[i].placed()) timeline.place(static_cast<int>(i), fixed[i]);
  return {timeline.placements(), 0};
}

}  // namespace turbodiff::sched
