// A report: records as rows of one kind, and totals that equal the sums of the rows exactly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/periods.h"
#include "report/sums.h"

namespace turbodiff::report {

enum class GroupBy { job, day, hour, rate, model, month, gpu };

std::string_view name_of(GroupBy by);
std::optional<GroupBy> group_named(std::string_view name);

struct ReportOptions {
  std::optional<Seconds> from, to;  ///< [from, to); nullopt: from the first, to the last record
  GroupBy by = GroupBy::job;
  tariff::LocalZone zone;
  Shares shares;  ///< electricity 0: no shares
};

/// Jobs of one key and currency, or idle time of one currency. Amounts of different currencies are never
/// added.
struct Row {
  enum class Kind { jobs, idle };
  Kind kind = Kind::jobs;
  std::string key;                                 ///< "12", "2026-11-25", "valley"; "idle"
  std::string currency;                            ///< empty without a tariff
  std::optional<Seconds> start, end;               ///< of a period
  bool off_peak = false;                           ///< of a rate
  const Job* job = nullptr;                        ///< of a job; of the records that were given
  std::int64_t jobs = 0;                           ///< number of different jobs
  std::vector<std::string> rates, methods, flags;  ///< of a job's attempts
  bool partial = false;                            ///< of a job: part of it is outside of the report
  Sums sums;
};

/// Jobs and idle time together are the energy and cost of the machine.
struct Total {
  std::string currency;
  std::int64_t jobs = 0;
  Sums of_jobs, of_idle, machine;
};

struct Report {
  ReportOptions options;
  std::optional<Seconds> first, last;  ///< the span that the rows cover
  std::vector<Row> rows;               ///< jobs by number, periods by time, else by key; idle rows at the end
  std::vector<Total> totals;           ///< one a currency, by name
  std::int64_t jobs = 0, done = 0, failed = 0;  ///< different jobs, and their current states
};

/// `records` must outlive the report.
Report make_report(const Records& records, const ReportOptions& options);

/// Whether an attempt's energy was wasted: it failed, or was interrupted and no later attempt resumed from
/// it. While a job has not ended, an interrupted attempt may still be of use.
bool is_waste(const Job& job, const Attempt& attempt);

/// "valley"; in a series, which has no rates, "off-peak hours", "other hours", "fallback price" or "no
/// price".
std::string rate_label(const tariff::Segment* price);

/// The ends of [from, to) as borders.
class Window {
 public:
  Window(const std::optional<Seconds>& from, const std::optional<Seconds>& to);
  Micros next_border(Micros instant) const;
  bool holds(Micros start, Micros end) const;
  bool touches(Micros start, Micros end) const;

 private:
  Micros from_, to_;
};

/// The border that is never reached.
constexpr Micros never = INT64_MAX;

}  // namespace turbodiff::report
