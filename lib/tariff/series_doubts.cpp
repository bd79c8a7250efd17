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
constexpr std::int64_t micro = 1'000'000;

/// A price of a kWh that is not paid for days on end anywhere: the highest that were known, in 2021 and 2022,
/// are below, and what is a hundredth of the currency or the price of a MWh lies above for ordinary prices.
struct HighestPrice {
  std::string_view currency;
  std::int64_t price;
  std::string_view subunit;
};
constexpr std::array<HighestPrice, 31> highest_prices = {{
    {"EUR", 2, "cents"},      {"GBP", 2, "pence"},     {"USD", 2, "cents"},   {"CHF", 2, "Rappen"},
    {"AUD", 2, "cents"},      {"NZD", 2, "cents"},     {"CAD", 2, "cents"},   {"SGD", 2, "cents"},
    {"BGN", 4, "stotinki"},   {"ILS", 6, "agorot"},    {"PLN", 6, "groszy"},  {"RON", 6, "bani"},
    {"BRL", 6, "centavos"},   {"CNY", 8, "fen"},       {"SEK", 10, "öre"},    {"NOK", 10, "øre"},
    {"DKK", 10, "øre"},       {"MXN", 30, "centavos"}, {"ZAR", 30, "cents"},  {"CZK", 40, "haléř"},
    {"TWD", 40, "cents"},     {"INR", 50, "paise"},    {"TRY", 60, "kuruş"},  {"THB", 60, "satang"},
    {"PHP", 100, "centavos"}, {"UAH", 100, "kopiyok"}, {"RSD", 200, "para"},  {"ISK", 200, "aurar"},
    {"JPY", 300, "sen"},      {"HUF", 500, "fillér"},  {"KRW", 3000, "jeon"},
}};

const HighestPrice* find_currency(std::string_view currency) {
  const auto found = std::find_if(highest_prices.begin(), highest_prices.end(),
                                  [&](const HighestPrice& each) { return each.currency == currency; });
  return found == highest_prices.end() ? nullptr : &*found;
}

std::optional<std::int64_t> highest_price(std::string_view currency) {
  const HighestPrice* found = find_currency(currency);
  return found != nullptr ? std::optional(found->price) : std::nullopt;
}

std::string_view subunit(std::string_view currency) {
  const HighestPrice* found = find_currency(currency);
  return found != nullptr ? found->subunit : "hundredths";
}

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

  const auto doubt_zeros = [&](std::size_t first, std::size_t end) {
    add("zero-run",
        fmt::format("{} prices of exactly 0 in a row from {}", end - first,
                    format_rfc3339(rows[first].start, zone)),
        rows[end - 1].start + series.interval_s);
    for (std::size_t row = first; row < end; ++row) {
      doubtful.insert(row);
      days[zone.day_at(rows[row].start)].zeros = true;
    }
  };
  std::size_t tail = rows.size();
  while (tail > 0 && rows[tail - 1].value.zero()) --tail;
  if (rows.size() - tail < long_zero_run) tail = rows.size();
  for (const auto& [day, there] : days) {
    const std::size_t first = there.rows.front(), end = there.rows.back() + 1;
    const bool whole =
        static_cast<Seconds>(there.rows.size()) * series.interval_s * 4 >= zone.day_length(day) * 3;
    if (whole && end <= tail && std::all_of(there.rows.begin(), there.rows.end(), [&](std::size_t row) {
          return rows[row].value.zero();
        }))
      doubt_zeros(first, end);
  }
  if (tail < rows.size()) doubt_zeros(tail, rows.size());

  for (auto& [day, there] : days) {
    const Seconds length = zone.day_length(day);
    if (length == seconds_a_day) continue;
    const std::int64_t expected = length / series.interval_s;
    const bool edge = day == days.begin()->first || day == days.rbegin()->first;
    const bool short_of_rows = static_cast<std::int64_t>(there.rows.size()) != expected &&
                               !(edge && in_one_piece(series, there.rows));
    if (!there.zeros && !short_of_rows) continue;
    add("shifted-day",
        fmt::format("the clock changes on {}: {} rows for {} intervals{}; all of them are rejected",
                    format_date(day), there.rows.size(), expected, there.zeros ? " and a run of zeros" : ""),
        zone.day_start(day + 1));
    doubtful.insert(there.rows.begin(), there.rows.end());
  }
  doubts.rows.assign(doubtful.begin(), doubtful.end());
  return doubts;
}

std::optional<std::string> wrong_unit(const Series& series, const std::optional<Decimal>& fallback,
                                      const std::string& currency) {
  if (series.rows.empty()) return std::nullopt;
  std::vector<std::int64_t> sizes;
  for (const SeriesRow& row : series.rows) sizes.push_back(std::abs(round_scaled(row.value, 6)));
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const auto most = highest_price(currency);
  const std::int64_t bridge = fallback ? std::abs(round_scaled(*fallback, 6)) : 0;
  if (!(most && *middle > *most * micro) && !(bridge > 0 && *middle / 20 > bridge)) return std::nullopt;
  return fmt::format(
      "the prices lie around {} {}: these look like prices per MWh, or in {}; they must be in {} per kWh",
      static_cast<double>(*middle) / micro, currency, subunit(currency), currency);
}

std::optional<std::string> wrong_unit(const Decimal& price, const std::string& currency) {
  const auto most = highest_price(currency);
  const std::int64_t size = std::abs(round_scaled(price, 6));
  if (!most || size <= *most * micro) return std::nullopt;
  return fmt::format("{} looks like a price per MWh, or in {}; it must be in {} per kWh", to_string(price),
                     subunit(currency), currency);
}

}  // namespace turbodiff::tariff
