#include "tariff/price_series.h"

#include <array>

#include "curve_check.h"
#include "tariff/series_doubts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  constexpr std::array<const char*, 8> zones = {
      "UTC",           "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "America/Havana",
      "Europe/London", "Asia/Shanghai", "America/New_York"};
  constexpr std::array<tariff::Seconds, 8> intervals = {900, 1800, 3600, 420, 86'400, 1, 7200, 5400};
  fuzz::Input input(data, size);
  tariff::Tariff tariff;
  const unsigned where = input.byte(), how = input.byte();
  tariff.zone = tariff::LocalZone::find(zones[where % zones.size()]).value();
  tariff.currency = "EUR";
  tariff.adders.vat = {static_cast<__int128>(input.byte()), 2};
  tariff::SpotPrices prices;
  const tariff::Seconds interval_s = intervals[where / zones.size() % intervals.size()];
  if (how % 3 == 1) prices.off_peak_below = tariff::Decimal{static_cast<__int128>(input.byte()), 3};
  if (how % 3 == 2) prices.off_peak_cheapest_s = 1 + static_cast<tariff::Seconds>(input.byte()) * 410;
  if (how & 0x80) prices.fallback = tariff::Decimal{25, 2};
  core::Problems problems;
  prices.series = tariff::parse_series(input.rest(), "fuzz", "price", interval_s, problems);
  fuzz::check_problems(problems, "fuzz");
  if (!problems.empty()) return 0;
  const auto& rows = prices.series.rows;
  for (std::size_t i = 1; i < rows.size(); ++i)
    fuzz::require(rows[i].start >= rows[i - 1].start + interval_s, "rows in order");
  const tariff::Seconds from = (rows.empty() ? 1'774'000'000 : rows.front().start) - 90'061;
  const tariff::SeriesDoubts doubts = tariff::doubts_of(prices.series, tariff.zone);
  for (const std::size_t row : doubts.rows) fuzz::require(row < rows.size(), "doubts are about rows");
  tariff::wrong_unit(prices.series, prices.fallback, tariff.currency);
  tariff.prices = std::move(prices);
  fuzz::check_curve(tariff, from, from + 5 * 86'400 + 1);
  return 0;
}
