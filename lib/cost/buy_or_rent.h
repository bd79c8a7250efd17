// Compares buying GPUs with renting them over years: cash flows, depreciation, electricity at a tariff,
// cooling, resale.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/units.h"
#include "cost/year_prices.h"
#include "energy/cost.h"
#include "tariff/decimal.h"

namespace turbodiff::cost {

/// The figures of one GPU (with its share of the computer).
struct Purchase {
  core::Money price;
  core::Money resale;  ///< resale price at the end
  int years = 3;
  std::int64_t milliwatts = 0;
  tariff::Decimal cooling;  ///< energy for cooling, as a share of the electricity
  core::Money other_a_year;
};

/// One year. Cash is counted when it is paid; `cost` spreads the price over the years instead.
struct OwnedYear {
  core::Money purchase, electricity, cooling, other, resale;
  core::Money wear;        ///< straight-line depreciation from the price to the resale value
  core::Money book_value;  ///< at the end of the year
  core::Money cash;        ///< purchase + electricity + cooling + other - resale
  core::Money cost;        ///< wear + electricity + cooling + other
  core::Money rent;        ///< of the same load
};

struct BuyOrRent {
  std::int64_t gpus = 1;  ///< enough that each works at most 730 h a month
  std::vector<OwnedYear> years;
  core::Money own_total, rent_total;
  energy::Cost electricity_a_year;
  core::Money running_a_year;  ///< electricity, cooling and other
  /// Cash paid by the end of month 0, 1, ...: owning (the resale is received in the last month), renting.
  std::vector<core::Money> own_by_month, rent_by_month;
  /// The first month by whose end renting has cost at least as much as owning, without resale.
  std::optional<int> break_even_month;
};

/// `load_us` is GPU time a month in microseconds. Error bad_request when it needs more than 100,000 GPUs or
/// the resale is more than the price.
BuyOrRent buy_or_rent(std::int64_t load_us, const Purchase& purchase, const YearCosts& electricity,
                      core::Money rent_per_hour);

/// The smallest load per month (seconds of one GPU) from which owning one costs no more than renting it on
/// demand, over all years including the resale; nothing when not even 730 h are enough.
std::optional<std::int64_t> break_even_load_s(const Purchase& purchase, const YearCosts& electricity,
                                              core::Money rent_per_hour);

}  // namespace turbodiff::cost
