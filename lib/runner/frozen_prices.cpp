#include "runner/frozen_prices.h"

#include <algorithm>

namespace turbodiff::runner {

std::vector<tariff::Segment> prices_in(const tariff::PriceCurve& curve, std::int64_t start,
                                       std::int64_t end) {
  std::vector<tariff::Segment> prices;
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.end <= start || segment.start >= end) continue;
    tariff::Segment& price = prices.emplace_back(segment);
    price.start = std::max(price.start, start);
    price.end = std::min(price.end, end);
  }
  return prices;
}

std::vector<std::int64_t> borders_of(std::span<const tariff::Segment> prices) {
  std::vector<std::int64_t> borders;
  for (const tariff::Segment& price : prices)
    for (const std::int64_t border : {price.start, price.end})
      if (borders.empty() || borders.back() < border) borders.push_back(border);
  return borders;
}

}  // namespace turbodiff::runner
