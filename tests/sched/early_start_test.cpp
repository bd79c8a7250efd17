#include "plan/early_start.h"

#include "testing.h"

using namespace turbodiff;
using plan::PlannedJob;
using spec::When;
using tariff::Seconds;

namespace {

constexpr Seconds origin = 1'790'000'000;

tariff::Segment segment(Seconds begin, Seconds end, std::optional<std::int64_t> price, bool off_peak) {
  tariff::Segment result;
  result.start = origin + begin;
  result.end = origin + end;
  if (price) result.price = tariff::Price{*price, *price, 0, 0};
  result.off_peak = off_peak;
  return result;
}

PlannedJob planned(Seconds start, Seconds length) {
  PlannedJob job;
  job.start = origin + start;
  job.end = job.start + length;
  return job;
}

}  // namespace

TEST_CASE("a job may start before its planned second where that costs no more") {
  const tariff::PriceCurve curve({segment(0, 100, 20, true), segment(100, 200, 30, false),
                                  segment(200, 300, std::nullopt, true), segment(300, 400, 20, true),
                                  segment(400, 500, 10, true)});
  const auto may = [&](Seconds at, Seconds start, Seconds length, When when) {
    return plan::costs_no_more_at(curve, planned(start, length), when, origin + at);
  };
  CHECK(may(10, 50, 20, When::off_peak));          // the same price
  CHECK(may(10, 320, 20, When::off_peak));         // the same in another window
  CHECK(may(10, 150, 20, When::cheapest));         // a lower one
  CHECK_FALSE(may(10, 420, 20, When::off_peak));   // a higher one
  CHECK_FALSE(may(90, 320, 20, When::off_peak));   // it would leave the window
  CHECK_FALSE(may(90, 320, 20, When::cheapest));   // it would run into a higher price
  CHECK_FALSE(may(190, 320, 20, When::cheapest));  // it would run into a time without a price
  CHECK(may(80, 320, 20, When::off_peak));         // to the last second of the window
  CHECK_FALSE(may(150, 160, 20, When::off_peak));  // outside of it
  CHECK_FALSE(may(-5, 50, 20, When::cheapest));    // before the prices begin
}
