#include "tariff/price_curve.h"

#include <algorithm>

#include "core/error.h"

namespace turbodiff::tariff {

PriceCurve::PriceCurve(std::vector<Segment> segments) : segments_(std::move(segments)) {
  Seconds end = start();
  for (const Segment& segment : segments_) {
    if (segment.start != end || segment.end <= segment.start)
      throw Error::work_failed("the price curve has a hole or an overlap");
    end = segment.end;
  }
}

const Segment* PriceCurve::at(Seconds instant) const {
  if (instant < start() || instant >= end()) return nullptr;
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), instant,
                                      [](Seconds value, const Segment& s) { return value < s.start; });
  return &*std::prev(after);
}

}  // namespace turbodiff::tariff
