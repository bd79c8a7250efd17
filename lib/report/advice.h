// Recommendations derived from the figures of a report.
#pragma once

#include <string>
#include <vector>

#include "report/report_model.h"

namespace turbodiff::report {

struct Advice {
  std::string topic;  ///< "utilisation", "waste", "idle", "hours", "saving", "measuring", "prices"
  std::string text;   ///< one sentence
};

/// The most expensive matters first; empty when there is nothing to recommend.
std::vector<Advice> advice_of(const Report& report);

/// The mean utilisation of the device that does the work: the GPU's where it is known, else the CPU's.
std::optional<double> utilisation_of(const Sums& sums);

/// The course of the utilisation: the mean of the first and of the last third of `periods` in which it is
/// known. Nothing with fewer than six of them.
struct Trend {
  double before = 0, now = 0;
};
std::optional<Trend> trend_of(const std::vector<const Sums*>& periods);

/// Below this mean utilisation a smaller machine would be sufficient.
constexpr double low_utilisation = 0.4;

}  // namespace turbodiff::report
