// The cost of videos: energy, electricity, rent and depreciation.
//   energy = seconds x watts    rent of N videos of T minutes at P an hour: C = N x T / 60 x P
#pragma once

#include <cstdint>

#include "core/units.h"
#include "tariff/decimal.h"

namespace turbodiff::cost {

/// One video on one GPU.
struct Run {
  std::int64_t microseconds = 0;
  std::int64_t milliwatts = 0;
  int frames = 0;
};

/// Seconds as microseconds, watts as milliwatts, an amount in micro-units: rounded half to even. Error
/// bad_request when it does not fit.
std::int64_t micros_of(const tariff::Decimal& seconds);
std::int64_t milliwatts_of(const tariff::Decimal& watts);
core::Money money_of(const tariff::Decimal& amount);

/// The energy of `videos` consecutive runs. Error work_failed when it does not fit.
core::Kwh energy_of(const Run& run, std::int64_t videos);
/// Frames for each joule; 0 where no power is drawn.
double frames_per_joule(const Run& run);

/// The rent of `microseconds` at a price per hour, rounded once, half to even.
core::Money rent_of(std::int64_t microseconds, core::Money per_hour);

/// The depreciation due to one run: (price - resale) x run / (years of `hours_a_day`).
core::Money wear_of(const Run& run, core::Money price_minus_resale, int years,
                    const tariff::Decimal& hours_a_day);

/// `amount` times a factor with at most 9 decimals (0.15 of the electricity for cooling).
core::Money times(core::Money amount, const tariff::Decimal& factor);

}  // namespace turbodiff::cost
