#include "sched/energy_rows.h"

#include <algorithm>

namespace turbodiff::sched {

std::vector<store::EnergySample> rows_of(std::span<const energy::Sample> samples) {
  std::vector<store::EnergySample> rows;
  rows.reserve(samples.size());
  for (const energy::Sample& s : samples)
    rows.push_back({s.start, s.end, s.energy.gpu, s.energy.cpu, s.energy.rest, s.energy.wall});
  return rows;
}

std::vector<energy::Sample> samples_of(std::span<const store::EnergySample> rows) {
  std::vector<energy::Sample> samples;
  samples.reserve(rows.size());
  for (const store::EnergySample& row : rows)
    samples.push_back({row.start, row.end, {row.gpu, row.cpu, row.rest, row.wall}});
  return samples;
}

std::vector<store::PriceSnapshot> snapshots_of(const tariff::PriceCurve& curve, std::int64_t start,
                                               std::int64_t end) {
  std::vector<store::PriceSnapshot> prices;
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.end <= start || segment.start >= end) continue;
    store::PriceSnapshot snapshot;
    snapshot.start = std::max(segment.start, start);
    snapshot.end = std::min(segment.end, end);
    snapshot.rate = segment.rate.value_or("");
    if (segment.price) {
      snapshot.gross = segment.price->gross;
      snapshot.net = segment.price->net;
      snapshot.levies = segment.price->levies;
      snapshot.vat = segment.price->vat;
    }
    snapshot.off_peak = segment.off_peak;
    snapshot.fallback = segment.fallback;
    snapshot.milligram_co2 = segment.milligram_co2;
    prices.push_back(std::move(snapshot));
  }
  return prices;
}

std::vector<energy::FrozenPrice> frozen(std::span<const store::PriceSnapshot> prices) {
  std::vector<energy::FrozenPrice> all;
  for (const store::PriceSnapshot& price : prices) {
    energy::FrozenPrice one{price.start, price.end, std::nullopt, price.milligram_co2};
    if (price.gross) one.price = tariff::Price{*price.gross, price.net, price.levies, price.vat};
    all.push_back(one);
  }
  return all;
}

std::vector<std::int64_t> borders_of(std::span<const store::PriceSnapshot> prices) {
  std::vector<std::int64_t> borders;
  for (const store::PriceSnapshot& price : prices)
    for (const std::int64_t border : {price.start, price.end})
      if (borders.empty() || borders.back() < border) borders.push_back(border);
  return borders;
}

}  // namespace turbodiff::sched
