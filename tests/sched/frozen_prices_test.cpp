#include "runner/frozen_prices.h"

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

TEST_CASE("the prices of a stretch are cut to it, and time without a price stays without") {
  const auto prices = runner::prices_in(curve(), 150, 350);
  REQUIRE(prices.size() == 3);
  CHECK(prices[0].start == 150);
  CHECK(prices[0].end == 200);
  CHECK(prices[0].rate == "night");
  CHECK((prices[0].price == tariff::Price{200, 150, 30, 20}));
  CHECK(prices[0].off_peak);
  CHECK_FALSE(prices[0].fallback);
  CHECK(prices[0].milligram_co2 == 900);
  CHECK(prices[1].start == 200);
  CHECK(prices[1].end == 300);
  CHECK_FALSE(prices[1].rate);
  CHECK_FALSE(prices[1].price);
  CHECK_FALSE(prices[1].milligram_co2);
  CHECK(prices[2].end == 350);
  CHECK(prices[2].fallback);
  CHECK_FALSE(prices[2].off_peak);
  CHECK(runner::prices_in(curve(), 200, 300).size() == 1);  // neighbours only touch it
  CHECK(runner::prices_in(curve(), 0, 100).empty());
  CHECK(runner::prices_in(curve(), 400, 500).empty());
}

TEST_CASE("where prices begin and end") {
  const auto prices = runner::prices_in(curve(), 100, 400);
  CHECK(runner::borders_of(prices) == std::vector<std::int64_t>{100, 200, 300, 400});
  CHECK(runner::borders_of({}).empty());
}

TEST_CASE("the seconds of a stretch hold all of it") {
  CHECK(runner::first_second(1'999'999) == 1);
  CHECK(runner::first_second(2'000'000) == 2);
  CHECK(runner::past_second(2'000'000) == 2);
  CHECK(runner::past_second(2'000'001) == 3);
}
