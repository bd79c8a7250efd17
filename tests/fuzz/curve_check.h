// What holds for every curve of every tariff.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "fuzz_text.h"
#include "tariff/feed_check.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_report.h"

namespace turbodiff::fuzz {

/// The off-peak time of each whole local day is what `cheapest` asks for, or all there is.
inline void check_cheapest(const tariff::Tariff& tariff, const tariff::PriceCurve& curve) {
  std::map<tariff::LocalDay, tariff::Seconds> rows, chosen;
  for (const tariff::Segment& segment : curve.segments())
    for (const tariff::DayPart& part : tariff.zone.day_parts(segment.start, segment.end)) {
      if (segment.price && !segment.fallback) rows[part.day] += part.end - part.start;
      if (segment.off_peak) chosen[part.day] += part.end - part.start;
    }
  for (const auto& [day, length] : rows) {
    if (tariff.zone.day_start(day) < curve.start() || tariff.zone.day_end(day) > curve.end()) continue;
    require(chosen[day] == std::min(length, *tariff.prices->off_peak_cheapest_s), "the cheapest of a day");
  }
}

inline void check_curve(const tariff::Tariff& tariff, tariff::Seconds from, tariff::Seconds to) {
  const tariff::PriceCurve curve = tariff::make_curve(tariff, from, to);
  require(curve.start() == from && curve.end() == to, "a curve covers what was asked for");
  const tariff::Segment* before = nullptr;
  for (const tariff::Segment& segment : curve.segments()) {
    if (segment.price) {
      const tariff::Price& price = *segment.price;
      require(price.gross == price.net + price.levies + price.vat, "a price is the sum of its parts");
    }
    require(!tariff.calendar || segment.price, "a calendar has a price always");
    require(tariff.calendar.has_value() == segment.rate.has_value(), "rates are of calendars");
    require(!segment.off_peak || (segment.price && !segment.fallback), "off-peak is where a row is");
    if (before != nullptr) {
      tariff::Segment joined = *before;
      joined.start = segment.start;
      joined.end = segment.end;
      require(!(joined == segment), "neighbours differ");
    }
    before = &segment;
  }
  if (tariff.prices && tariff.prices->off_peak_cheapest_s) check_cheapest(tariff, curve);
  // Any part of it is the same, however it was asked for.
  const tariff::Seconds third = (to - from) / 3;
  const tariff::PriceCurve part = tariff::make_curve(tariff, from + third, to - third);
  for (const tariff::Segment& segment : part.segments()) {
    const tariff::Segment* same = curve.at(segment.start);
    require(same != nullptr && same->end >= segment.end && same->price == segment.price &&
                same->off_peak == segment.off_peak && same->rate == segment.rate,
            "a part of a curve is the same curve");
  }
  tariff::json_of(tariff, curve);
  tariff::draw_days(tariff, part, 80, true);
  tariff::check_series(tariff, from);
}

}  // namespace turbodiff::fuzz
