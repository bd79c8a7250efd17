// A report: records as rows of one kind, and totals that the rows add up to exactly.
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
  std::optional<Seconds> from, to;  ///< [from, to); nothing: from the first, to the last there is
  GroupBy by = GroupBy::job;
  tariff::LocalZone zone;
  Shares shares;  ///< electricity 0: no shares
};

/// Jobs of one key and currency, or idle time of one currency. Amounts of different currencies never meet.
struct Row {
  enum class Kind { jobs, idle };
  Kind kind = Kind::jobs;
  std::string key;                                 ///< "12", "2026-11-25", "valley"; "idle"
  std::string currency;                            ///< empty without a tariff
  std::optional<Seconds> start, end;               ///< of a period
  bool off_peak = false;                           ///< of a rate
  const Job* job = nullptr;                        ///< of a job; of the records that were given
  std::int64_t jobs = 0;                           ///< different ones
  std::vector<std::string> rates, methods, flags;  ///< of a job's attempts
  bool partial = false;                            ///< of a job: part of it lies outside of the report
  Sums sums;
};

/// Jobs and idle time together are what the machine took.
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
  std::int64_t jobs = 0, done = 0, failed = 0;  ///< different jobs, and how they stand now
};

/// `records` must outlive the report.
Report make_report(const Records& records, const ReportOptions& options);

/// Whether an attempt's energy came to nothing: it failed, or was interrupted and no later one went on from
/// where it stopped. While a job is not over, an interrupted attempt may still be of use.
bool is_waste(const Job& job, const Attempt& attempt);

/// "valley"; in a series, which has no rates, "off-peak hours", "other hours", "fallback price" or "no
/// price".
std::string rate_label(const PriceSpan* price);

/// Borders at both ends of [from, to).
class Window {
 public:
  Window(const std::optional<Seconds>& from, const std::optional<Seconds>& to);
  Micros next_border(Micros instant) const;
  bool holds(Micros start, Micros end) const;
  bool touches(Micros start, Micros end) const;

 private:
  Micros from_, to_;
};

/// A border that is never reached.
constexpr Micros never = INT64_MAX;

}  // namespace turbodiff::report
