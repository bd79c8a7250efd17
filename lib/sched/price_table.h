// The integral of a step function with one look-up a second.
#pragma once

#include <vector>

#include "sched/plan_problem.h"

namespace turbodiff::sched {

class PriceTable {
 public:
  explicit PriceTable(const StepSum& prices) : prices_(&prices) {
    const Time end = prices.edges().back();
    if (end > most_seconds) return;
    table_.reserve(static_cast<std::size_t>(end) + 1);
    table_.push_back(0);
    for (std::size_t step = 0; step + 1 < prices.edges().size(); ++step) {
      // Prices beyond what sums in 64 bits can hold are looked up.
      if (prices.value(step) > most_price || prices.value(step) < -most_price) {
        table_.clear();
        return;
      }
      for (Time t = prices.edges()[step]; t < prices.edges()[step + 1]; ++t)
        table_.push_back(table_.back() + prices.value(step));
    }
  }

  /// Of [begin, end), which is within the function's range.
  Cost between(Time begin, Time end) const {
    if (table_.empty()) return prices_->between(begin, end);
    return table_[static_cast<std::size_t>(end)] - table_[static_cast<std::size_t>(begin)];
  }

 private:
  static constexpr Time most_seconds = Time{1} << 21;
  static constexpr std::int64_t most_price = std::int64_t{1} << 41;

  const StepSum* prices_;
  std::vector<std::int64_t> table_;  ///< over [0, t) by t; empty when it would be too large
};

}  // namespace turbodiff::sched
