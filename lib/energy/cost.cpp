#include "energy/cost.h"

#include <algorithm>

#include "core/units.h"

namespace turbodiff::energy {
namespace {

// nano-price per kWh x mW x us -> micro-units: 1e-9 / (1e3 x 1e6 x 3600 x 1e3) x 1e6
constexpr __int128 per_micro_unit = static_cast<__int128>(3'600'000'000'000) * 1'000'000;

// nano-price per kWh x uJ: 1e-9 / (3600 x 1e3 x 1e6) x 1e6
constexpr __int128 nano_microjoules_per_micro_unit = static_cast<__int128>(3'600'000'000'000) * 1'000;
constexpr __int128 microjoules_per_kwh = 3'600'000'000'000;

}  // namespace

CostParts cost_of(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t duration,
                  std::int64_t milliwatts) {
  CostParts parts;
  __int128 gross = 0, net = 0, levies = 0;
  const std::int64_t end = start + duration;
  std::int64_t priced = 0;
  for (const tariff::Segment& segment : curve.segments()) {
    const std::int64_t overlap =
        std::min(end, segment.end * a_second) - std::max(start, segment.start * a_second);
    if (overlap <= 0 || !segment.price) continue;
    priced += overlap;
    const __int128 energy = static_cast<__int128>(milliwatts) * overlap;
    gross += energy * segment.price->gross;
    net += energy * segment.price->net;
    levies += energy * segment.price->levies;
  }
  parts.gross = core::divide_half_even(gross, per_micro_unit);
  parts.net = core::divide_half_even(net, per_micro_unit);
  parts.levies = core::divide_half_even(levies, per_micro_unit);
  parts.vat = parts.gross - parts.net - parts.levies;
  parts.complete = priced == duration;
  return parts;
}

EnergyCost cost_of(std::span<const Sample> samples, std::span<const FrozenPrice> prices) {
  __int128 gross = 0, net = 0, levies = 0, co2 = 0;
  EnergyCost cost;
  bool co2_known = true;
  const auto add = [&](const FrozenPrice* at, std::int64_t energy) {
    if (at == nullptr || !at->price) {
      cost.money.complete = false;
    } else {
      gross += static_cast<__int128>(energy) * at->price->gross;
      net += static_cast<__int128>(energy) * at->price->net;
      levies += static_cast<__int128>(energy) * at->price->levies;
    }
    if (at == nullptr || !at->milligram_co2)
      co2_known = false;
    else
      co2 += static_cast<__int128>(energy) * *at->milligram_co2;
  };
  for (const Sample& sample : samples) {
    if (sample.end == sample.start && sample.energy.wall == 0) continue;
    std::int64_t at = sample.start, done = 0;
    auto price = std::partition_point(prices.begin(), prices.end(),
                                      [&](const FrozenPrice& p) { return p.end * a_second <= sample.start; });
    // Up to `end`, all of the energy being used by the end of the sample.
    const auto reach = [&](const FrozenPrice* known, std::int64_t end) {
      const std::int64_t length = sample.end - sample.start;
      const std::int64_t reached = length == 0
                                       ? sample.energy.wall
                                       : static_cast<std::int64_t>(static_cast<__int128>(sample.energy.wall) *
                                                                   (end - sample.start) / length);
      add(known, reached - done);
      done = reached;
      at = end;
    };
    do {
      const FrozenPrice* known = price != prices.end() && price->start * a_second <= at ? &*price : nullptr;
      std::int64_t end = sample.end;
      if (known != nullptr)
        end = std::min(end, known->end * a_second);
      else if (price != prices.end())
        end = std::min(end, price->start * a_second);
      reach(known, end);
      if (known != nullptr) ++price;
    } while (at < sample.end);
  }
  cost.money.gross = core::divide_half_even(gross, nano_microjoules_per_micro_unit);
  cost.money.net = core::divide_half_even(net, nano_microjoules_per_micro_unit);
  cost.money.levies = core::divide_half_even(levies, nano_microjoules_per_micro_unit);
  cost.money.vat = cost.money.gross - cost.money.net - cost.money.levies;
  if (co2_known && !samples.empty()) cost.co2_milligrams = core::divide_half_even(co2, microjoules_per_kwh);
  return cost;
}

std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds) {
  return core::divide_half_even(static_cast<__int128>(milliwatts) * microseconds, 1000);
}

}  // namespace turbodiff::energy
