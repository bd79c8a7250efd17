#include "cost/cost_per_video.h"

#include "core/error.h"
#include "cost/rent.h"

namespace turbodiff::cost {
namespace {

std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

std::int64_t micros_of(const tariff::Decimal& seconds) {
  return tariff::round_scaled(seconds, 6);
}

std::int64_t milliwatts_of(const tariff::Decimal& watts) {
  return tariff::round_scaled(watts, 3);
}

core::Money money_of(const tariff::Decimal& amount) {
  return core::Money::from_micro(tariff::round_scaled(amount, 6));
}

core::Kwh energy_of(const Run& run, std::int64_t videos) {
  const __int128 total = static_cast<__int128>(run.milliwatts) * run.microseconds * videos;
  return core::Kwh::from_microjoules(core::divide_half_even(total, 1000));
}

double frames_per_joule(const Run& run) {
  const double joules =
      static_cast<double>(run.milliwatts) / 1e3 * (static_cast<double>(run.microseconds) / 1e6);
  return joules > 0 ? run.frames / joules : 0;
}

core::Money rent_of(std::int64_t microseconds, core::Money per_hour) {
  return per_hour.scaled(microseconds, micros_an_hour);
}

core::Money wear_of(const Run& run, core::Money price_minus_resale, int years,
                    const tariff::Decimal& hours_a_day) {
  const std::int64_t micros_a_day = tariff::round_product(hours_a_day, {micros_an_hour, 0}, 0);
  const __int128 lifetime = static_cast<__int128>(micros_a_day) * 365 * years;
  if (lifetime <= 0) throw Error::bad_request("hours a day and years must be greater than 0");
  return core::Money::from_micro(
      core::divide_half_even(static_cast<__int128>(price_minus_resale.micro()) * run.microseconds, lifetime));
}

core::Money times(core::Money amount, const tariff::Decimal& factor) {
  return amount.scaled(tariff::round_scaled(factor, 9), power_of_ten(9));
}

}  // namespace turbodiff::cost
