#include "energy/cost.h"

#include <algorithm>

#include "core/units.h"

namespace turbodiff::energy {

Cost& Cost::operator+=(const Cost& other) {
  gross = gross + other.gross;
  net = net + other.net;
  levies = levies + other.levies;
  vat = vat + other.vat;
  return *this;
}

void ExactCost::add(__int128 energy, const tariff::Price& price) {
  gross += energy * price.gross;
  net += energy * price.net;
  levies += energy * price.levies;
}

ExactCost& ExactCost::operator+=(const ExactCost& other) {
  gross += other.gross;
  net += other.net;
  levies += other.levies;
  return *this;
}

Cost ExactCost::rounded(__int128 per_kwh) const {
  // Prices are in 1e-9 of the unit for one kWh, money in 1e-6.
  const auto part = [&](__int128 sum) {
    return core::Money::from_micro(core::divide_half_even(sum, per_kwh * 1000));
  };
  Cost cost{part(gross), part(net), part(levies), {}};
  cost.vat = cost.gross - cost.net - cost.levies;
  return cost;
}

Cost cost_at(std::int64_t microjoules, const tariff::Price& price) {
  ExactCost exact;
  exact.add(microjoules, price);
  return exact.rounded(microjoules_per_kwh);
}

EnergyCost cost_of(const tariff::PriceCurve& curve, std::int64_t start, std::int64_t duration,
                   std::int64_t milliwatts) {
  ExactCost exact;  // of nanojoules
  const std::int64_t end = start + duration;
  std::int64_t priced = 0;
  for (const tariff::Segment& segment : curve.segments()) {
    const std::int64_t overlap =
        std::min(end, segment.end * a_second) - std::max(start, segment.start * a_second);
    if (overlap <= 0 || !segment.price) continue;
    priced += overlap;
    exact.add(static_cast<__int128>(milliwatts) * overlap, *segment.price);
  }
  return {exact.rounded(microjoules_per_kwh * 1000), priced == duration};
}

EnergyCost cost_of(std::span<const Sample> samples, std::span<const tariff::Segment> prices) {
  ExactCost exact;
  __int128 co2 = 0;
  EnergyCost cost;
  bool co2_known = true;
  const auto add = [&](const tariff::Segment* at, std::int64_t energy) {
    if (at == nullptr || !at->price) {
      cost.complete = false;
    } else {
      exact.add(energy, *at->price);
    }
    if (at == nullptr || !at->milligram_co2)
      co2_known = false;
    else
      co2 += static_cast<__int128>(energy) * *at->milligram_co2;
  };
  for (const Sample& sample : samples) {
    if (sample.end == sample.start && sample.energy.wall == 0) continue;
    std::int64_t at = sample.start, done = 0;
    auto price = std::partition_point(prices.begin(), prices.end(), [&](const tariff::Segment& p) {
      return p.end * a_second <= sample.start;
    });
    // Up to `end`, all of the energy being used by the end of the sample.
    const auto reach = [&](const tariff::Segment* known, std::int64_t end) {
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
      const tariff::Segment* known =
          price != prices.end() && price->start * a_second <= at ? &*price : nullptr;
      std::int64_t end = sample.end;
      if (known != nullptr)
        end = std::min(end, known->end * a_second);
      else if (price != prices.end())
        end = std::min(end, price->start * a_second);
      reach(known, end);
      if (known != nullptr) ++price;
    } while (at < sample.end);
  }
  cost.money = exact.rounded(microjoules_per_kwh);
  if (co2_known && !samples.empty()) cost.co2_milligrams = core::divide_half_even(co2, microjoules_per_kwh);
  return cost;
}

std::int64_t microjoules_of(std::int64_t milliwatts, std::int64_t microseconds) {
  return core::divide_half_even(static_cast<__int128>(milliwatts) * microseconds, 1000);
}

}  // namespace turbodiff::energy
