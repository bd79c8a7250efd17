// What the figures of a report suggest to do.
#pragma once

#include <string>
#include <vector>

#include "report/report_model.h"

namespace turbodiff::report {

struct Advice {
  std::string topic;  ///< "utilisation", "waste", "idle", "hours", "saving", "measuring", "prices"
  std::string text;   ///< one sentence
};

/// The most expensive matters first; empty when nothing stands out.
std::vector<Advice> advice_of(const Report& report);

/// The mean utilisation of what does the work: the GPU's where it is known, else the CPU's.
std::optional<double> utilisation_of(const Sums& sums);

/// How utilisation went: the mean of the first and of the last third of `periods` that know it. Nothing with
/// fewer than six of them.
struct Trend {
  double before = 0, now = 0;
};
std::optional<Trend> trend_of(const std::vector<const Sums*>& periods);

/// Below this mean utilisation a smaller machine would do.
constexpr double low_utilisation = 0.4;

}  // namespace turbodiff::report
