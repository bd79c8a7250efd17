#include "tariff/feed_check.h"

#include <fmt/format.h>

#include <limits>
#include <map>

#include "tariff/local_time.h"
#include "tariff/series_doubts.h"

namespace turbodiff::tariff {
namespace {

using Action = Finding::Action;
using Severity = Finding::Severity;

constexpr Seconds never_over = std::numeric_limits<Seconds>::max();
constexpr Seconds next_day_is_due_s = 16 * 3600;  // after local midnight

class SeriesCheck {
 public:
  SeriesCheck(const Tariff& tariff, Seconds now) : tariff_(tariff), prices_(*tariff.prices), now_(now) {
    where_ =
        prices_.source.url.empty() ? prices_.source.file.string() : core::redacted_url(prices_.source.url);
    missing_action_ = prices_.fallback ? Action::bridged : Action::refused;
  }

  std::vector<Finding> run() {
    if (prices_.series.rows.empty()) {
      add(prices_.fallback ? Severity::warning : Severity::error, missing_action_, "no-rows",
          "there is no price at all", never_over);
      return std::move(findings_);
    }
    check_days();
    check_doubts();
    check_reach();
    return std::move(findings_);
  }

 private:
  void add(Severity severity, Action action, std::string code, std::string message, Seconds until) {
    findings_.push_back({severity, action, std::move(code), std::move(message), where_, until});
  }

  std::string day_name(LocalDay day) const { return format_date(day); }

  void check_days() {
    const auto& rows = prices_.series.rows;
    std::map<LocalDay, std::int64_t> count;
    for (const SeriesRow& row : rows) ++count[tariff_.zone.day_at(row.start)];
    const LocalDay first = count.begin()->first, last = count.rbegin()->first;
    LocalDay next = first;
    for (const auto& [day, there] : count) {
      check_gap(next, day);
      next = day + 1;
      const std::int64_t expected = tariff_.zone.day_length(day) / prices_.series.interval_s;
      // The series may begin and end within a day.
      const bool at_the_edge = (day == first || day == last) && is_one_piece(day);
      if (there == expected || at_the_edge) continue;
      const std::string message =
          fmt::format("{} has {} rows, the day has {} intervals", day_name(day), there, expected);
      if (there < expected)
        add(Severity::warning, missing_action_, "missing-rows", message, tariff_.zone.day_start(day + 1));
      else
        add(Severity::warning, Action::reported, "too-many-rows", message, tariff_.zone.day_start(day + 1));
    }
  }

  /// Days without any row, however many: one year that is mistyped is one finding.
  void check_gap(LocalDay from, LocalDay to) {
    if (from >= to || prices_.series.interval_s > seconds_a_day) return;
    add(Severity::warning, missing_action_, "missing-rows",
        to - from == 1 ? fmt::format("{} has no row", day_name(from))
                       : fmt::format("there is no row from {} to {}", day_name(from), day_name(to - 1)),
        tariff_.zone.day_start(to));
  }

  bool is_one_piece(LocalDay day) const {
    const auto& rows = prices_.series.rows;
    const SeriesRow* before = nullptr;
    for (const SeriesRow& row : rows) {
      if (tariff_.zone.day_at(row.start) != day) continue;
      if (before != nullptr && row.start != before->start + prices_.series.interval_s) return false;
      before = &row;
    }
    return true;
  }

  void check_doubts() {
    if (auto doubt = wrong_unit(prices_.series, prices_.fallback, tariff_.currency))
      add(Severity::error, Action::reported, "wrong-unit", std::move(*doubt), never_over);
    for (Finding& finding : doubts_of(prices_.series, tariff_.zone).findings) {
      // A day with too few rows is already reported.
      if (finding.code != "zero-run") continue;
      add(finding.severity, Action::reported, std::move(finding.code), std::move(finding.message),
          finding.until);
    }
  }

  void check_reach() {
    const auto& rows = prices_.series.rows;
    const Seconds end = rows.back().start + prices_.series.interval_s;
    const LocalDay today = tariff_.zone.day_at(now_);
    if (end <= now_) {
      // A file is the user's own to renew; a source that gives no price from now on has failed.
      const bool failed = !prices_.source.url.empty() && !prices_.fallback;
      add(failed ? Severity::error : Severity::warning, missing_action_, "wrong-day",
          fmt::format("the last price is for {}, which is over", day_name(tariff_.zone.day_at(end - 1))),
          never_over);
    } else if (rows.front().start > now_) {
      add(Severity::warning, missing_action_, "wrong-day",
          fmt::format("the first price is for {}, nothing is known of now",
                      day_name(tariff_.zone.day_at(rows.front().start))),
          rows.front().start);
    } else if (end <= tariff_.zone.day_start(today + 1) &&
               now_ >= tariff_.zone.day_start(today) + next_day_is_due_s) {
      add(Severity::warning, missing_action_, "late",
          fmt::format("the prices of {} are not there yet", day_name(today + 1)),
          tariff_.zone.day_start(today + 2));
    }
  }

  const Tariff& tariff_;
  const SpotPrices& prices_;
  Seconds now_;
  std::string where_;
  Action missing_action_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

std::string_view name_of(Action action) {
  switch (action) {
    case Action::reported:
      return "reported";
    case Action::bridged:
      return "bridged by the fallback";
    case Action::refused:
      break;
  }
  return "no job runs there";
}

std::vector<Finding> check_series(const Tariff& tariff, Seconds now) {
  if (!tariff.prices || tariff.prices->series.interval_s <= 0) return {};
  return SeriesCheck(tariff, now).run();
}

}  // namespace turbodiff::tariff
