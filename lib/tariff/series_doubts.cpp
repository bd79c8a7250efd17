#include "tariff/series_doubts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tariff/local_time.h"

namespace turbodiff::tariff {
namespace {

constexpr std::size_t long_zero_run = 4;

struct DayRows {
  std::vector<std::size_t> rows;
  bool zeros = false;
};

/// Whether the rows follow each other without a gap: then a missing part lies at an end, not in the middle.
bool in_one_piece(const Series& series, const std::vector<std::size_t>& rows) {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (series.rows[rows[i]].start != series.rows[rows[i - 1]].start + series.interval_s) return false;
  return true;
}

}  // namespace

SeriesDoubts doubts_of(const Series& series, const LocalZone& zone) {
  SeriesDoubts doubts;
  std::set<std::size_t> doubtful;
  std::map<LocalDay, DayRows> days;
  const auto& rows = series.rows;
  for (std::size_t i = 0; i < rows.size(); ++i) days[zone.day_at(rows[i].start)].rows.push_back(i);
  const auto add = [&](std::string code, std::string message, Seconds until) {
    doubts.findings.push_back(
        {Finding::Severity::warning, {}, std::move(code), std::move(message), {}, until});
  };

  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i;
    while (end < rows.size() && rows[end].value.zero()) ++end;
    if (end - i >= long_zero_run) {
      add("zero-run",
          fmt::format("{} prices of exactly 0 in a row from {}", end - i,
                      format_rfc3339(rows[i].start, zone)),
          rows[end - 1].start + series.interval_s);
      for (std::size_t row = i; row < end; ++row) {
        doubtful.insert(row);
        days[zone.day_at(rows[row].start)].zeros = true;
      }
    }
    i = std::max(end, i + 1);
  }

  for (auto& [day, there] : days) {
    const Seconds length = zone.day_length(day);
    if (length == seconds_a_day) continue;
    const std::int64_t expected = length / series.interval_s;
    const bool edge = day == days.begin()->first || day == days.rbegin()->first;
    const bool short_of_rows = static_cast<std::int64_t>(there.rows.size()) != expected &&
                               !(edge && in_one_piece(series, there.rows));
    if (!there.zeros && !short_of_rows) continue;
    add("shifted-day",
        fmt::format("the clock changes on {}: {} rows for {} intervals{}; none is believed", format_date(day),
                    there.rows.size(), expected, there.zeros ? " and a run of zeros" : ""),
        zone.day_start(day + 1));
    doubtful.insert(there.rows.begin(), there.rows.end());
  }
  doubts.rows.assign(doubtful.begin(), doubtful.end());
  return doubts;
}

bool looks_like_mwh(const Series& series, const std::optional<Decimal>& fallback,
                    const std::string& currency) {
  if (series.rows.empty()) return false;
  std::vector<std::int64_t> sizes;
  for (const SeriesRow& row : series.rows) sizes.push_back(std::abs(round_scaled(row.value, 6)));
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  if (fallback && !fallback->zero()) return *middle / 50 > std::abs(round_scaled(*fallback, 6));
  constexpr std::array<std::string_view, 4> near_a_tenth = {"EUR", "GBP", "USD", "CHF"};
  return *middle > 5'000'000 &&
         std::find(near_a_tenth.begin(), near_a_tenth.end(), currency) != near_a_tenth.end();
}

}  // namespace turbodiff::tariff
