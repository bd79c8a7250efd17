// Samples and prices between the meter, the tariff and the store.
#include "sched/energy_rows.h"

#include "testing.h"

using namespace turbodiff;

namespace {

tariff::PriceCurve curve() {
  const tariff::Price day{400, 300, 60, 40}, night{200, 150, 30, 20};
  return tariff::PriceCurve({{100, 200, "night", night, true, false, 900},
                             {200, 300, {}, {}, false, false, {}},
                             {300, 400, "day", day, false, true, {}}});
}

}  // namespace

TEST_CASE("samples become rows and are samples again") {
  const std::vector<energy::Sample> samples = {{1, 2, {3, 4, 5, 6}}, {2, 9, {7, 8, 9, 10}}};
  const auto rows = sched::rows_of(samples);
  CHECK(rows == std::vector<store::EnergySample>{{1, 2, 3, 4, 5, 6}, {2, 9, 7, 8, 9, 10}});
  const auto back = sched::samples_of(rows);
  REQUIRE(back.size() == 2);
  CHECK(sched::rows_of(back) == rows);
}

TEST_CASE("the prices of a stretch are cut to it, and time without a price stays without") {
  const auto prices = sched::snapshots_of(curve(), 150, 350);
  REQUIRE(prices.size() == 3);
  CHECK(prices[0].start == 150);
  CHECK(prices[0].end == 200);
  CHECK(prices[0].rate == "night");
  CHECK(prices[0].gross == 200);
  CHECK(prices[0].net == 150);
  CHECK(prices[0].levies == 30);
  CHECK(prices[0].vat == 20);
  CHECK(prices[0].off_peak);
  CHECK_FALSE(prices[0].fallback);
  CHECK(prices[0].milligram_co2 == 900);
  CHECK(prices[1].start == 200);
  CHECK(prices[1].end == 300);
  CHECK(prices[1].rate.empty());
  CHECK_FALSE(prices[1].gross);
  CHECK(prices[1].net == 0);
  CHECK_FALSE(prices[1].milligram_co2);
  CHECK(prices[2].end == 350);
  CHECK(prices[2].fallback);
  CHECK_FALSE(prices[2].off_peak);
  CHECK(sched::snapshots_of(curve(), 200, 300).size() == 1);  // neighbours only touch it
  CHECK(sched::snapshots_of(curve(), 0, 100).empty());
  CHECK(sched::snapshots_of(curve(), 400, 500).empty());
}

TEST_CASE("prices that were kept are those that bills are made of") {
  const auto prices = sched::snapshots_of(curve(), 100, 400);
  const auto frozen = sched::frozen(prices);
  REQUIRE(frozen.size() == 3);
  CHECK(frozen[0].start == 100);
  CHECK(frozen[0].end == 200);
  CHECK((frozen[0].price == tariff::Price{200, 150, 30, 20}));
  CHECK(frozen[0].milligram_co2 == 900);
  CHECK_FALSE(frozen[1].price);
  CHECK((frozen[2].price == tariff::Price{400, 300, 60, 40}));
  CHECK(sched::borders_of(prices) == std::vector<std::int64_t>{100, 200, 300, 400});
  CHECK(sched::borders_of({}).empty());
}

TEST_CASE("the seconds of a stretch hold all of it") {
  CHECK(sched::first_second(1'999'999) == 1);
  CHECK(sched::first_second(2'000'000) == 2);
  CHECK(sched::past_second(2'000'000) == 2);
  CHECK(sched::past_second(2'000'001) == 3);
}
