#include "cost/buy_or_rent.h"

#include <algorithm>

#include "core/error.h"
#include "cost/cost_per_video.h"
#include "cost/rent.h"

namespace turbodiff::cost {
namespace {

using core::Money;

/// What a load of one GPU costs more to rent than to own over all years; negative where renting is cheaper.
Money advantage(std::int64_t load_s, const Purchase& purchase, const YearCosts& electricity, Money per_hour) {
  const Money power = electricity.of(load_s * 12, purchase.milliwatts).gross;
  const Money running = power + times(power, purchase.cooling) + purchase.other_a_year;
  const Money owned = purchase.price - purchase.resale + running.scaled(purchase.years, 1);
  return rent_of(load_s * energy::a_second, per_hour).scaled(12LL * purchase.years, 1) - owned;
}

}  // namespace

BuyOrRent buy_or_rent(std::int64_t load_us, const Purchase& purchase, const YearCosts& electricity,
                      Money per_hour) {
  if (purchase.resale > purchase.price) throw Error::bad_request("the resale value is above the price");
  BuyOrRent result;
  result.gpus = std::max<std::int64_t>(1, load_us / micros_a_month + (load_us % micros_a_month != 0 ? 1 : 0));
  if (result.gpus > most_gpus) throw Error::bad_request("the load needs more than 100000 GPUs");
  const std::int64_t seconds_each =
      core::divide_half_even(static_cast<__int128>(load_us) * 12, result.gpus * energy::a_second);
  result.electricity_a_year =
      electricity.of(std::min(seconds_each, seconds_a_year), purchase.milliwatts * result.gpus);
  const Money power = result.electricity_a_year.gross;
  const Money cooling = times(power, purchase.cooling);
  const Money other = purchase.other_a_year.scaled(result.gpus, 1);
  const Money price = purchase.price.scaled(result.gpus, 1), resale = purchase.resale.scaled(result.gpus, 1);
  const Money rent = rent_of(load_us, per_hour).scaled(12, 1);
  result.running_a_year = power + cooling + other;

  Money worn;
  for (int year = 1; year <= purchase.years; ++year) {
    OwnedYear flow;
    if (year == 1) flow.purchase = price;
    if (year == purchase.years) flow.resale = resale;
    flow.electricity = power;
    flow.cooling = cooling;
    flow.other = other;
    const Money worn_by_now = (price - resale).scaled(year, purchase.years);
    flow.wear = worn_by_now - worn;
    worn = worn_by_now;
    flow.book_value = price - worn;
    flow.cash = flow.purchase + result.running_a_year - flow.resale;
    flow.cost = flow.wear + result.running_a_year;
    flow.rent = rent;
    result.own_total = result.own_total + flow.cash;
    result.rent_total = result.rent_total + rent;
    result.years.push_back(flow);
  }
  for (int month = 0; month <= purchase.years * 12; ++month) {
    Money owned = price + result.running_a_year.scaled(month, 12);
    const Money rented = rent.scaled(month, 12);
    if (!result.break_even_month && month > 0 && rented >= owned) result.break_even_month = month;
    if (month == purchase.years * 12) owned = owned - resale;
    result.own_by_month.push_back(owned);
    result.rent_by_month.push_back(rented);
  }
  return result;
}

std::optional<std::int64_t> break_even_load_s(const Purchase& purchase, const YearCosts& electricity,
                                              Money per_hour) {
  const auto worth = [&](std::int64_t load_s) {
    return advantage(load_s, purchase, electricity, per_hour) >= Money();
  };
  std::int64_t low = 0;
  if (worth(low)) return low;
  // Between two steps of the electricity's price both costs are straight lines.
  for (const std::int64_t step : electricity.steps()) {
    std::int64_t high = std::min(step / 12, seconds_a_month);
    if (high <= low) continue;
    if (!worth(high)) {
      low = high;
      continue;
    }
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (worth(middle) ? high : low) = middle;
    }
    return high;
  }
  return std::nullopt;
}

}  // namespace turbodiff::cost
