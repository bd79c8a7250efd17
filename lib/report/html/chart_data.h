// The data of a page's charts, computed from records.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/html/html.h"

namespace turbodiff::report {

/// A rate and its colour on the whole page: an index into the palette, from cheap to expensive.
struct RateColour {
  std::string label;
  double price = 0;  ///< mean, units a kWh
  bool off_peak = false;
  int colour = 0;
};

/// Jobs and idle time of one period.
struct Bucket {
  Period period;
  std::vector<std::int64_t> gross;  ///< gross cost by rate, as in Charts::rates
  std::int64_t idle_gross = 0;
  Sums jobs;
};

struct CurrencyCharts {
  std::string currency;
  std::vector<RateColour> rates;
  std::vector<Bucket> buckets;  ///< without gaps
  bool has_idle = false;
};

/// An attempt on the time line.
struct AttemptBar {
  const Job* job = nullptr;
  const Attempt* attempt = nullptr;
  bool wasted = false;
};

struct PriceStep {
  Seconds start = 0, end = 0;
  std::string label;
  double price = 0;
  bool off_peak = false;
  bool frozen = false;  ///< paid, not only in force
};

/// Power in [start, end), watts.
struct PowerStep {
  Micros start = 0, end = 0;
  double wall = 0, gpu = 0, cpu = 0, rest = 0;
  bool has_parts = false, idle = false;
};

/// The part of the span that is drawn to scale.
struct TimeLine {
  Micros start = 0, end = 0;
  bool cut = false;  ///< the time line begins after the span's start
  std::string currency;
  std::vector<AttemptBar> bars;
  std::vector<PriceStep> prices;
  std::vector<PowerStep> power;
};

struct Charts {
  PeriodUnit unit = PeriodUnit::day;
  std::vector<CurrencyCharts> currencies;  ///< the currency with most jobs first
  TimeLine line;
};

/// The report must have rows.
Charts make_charts(const PageInput& input);

}  // namespace turbodiff::report
