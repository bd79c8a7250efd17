#include "cost/cost_per_video.h"
#include "cost/year_prices.h"
#include "testing.h"

using namespace turbodiff;
using core::Kwh;
using core::Money;
using cost::Run;
using tariff::Decimal;
using tariff::Price;

namespace {

Decimal decimal(const char* text) {
  return *Decimal::parse(text);
}

Run run_of(const char* seconds, const char* watts, int frames = 81) {
  return {cost::micros_of(decimal(seconds)), cost::milliwatts_of(decimal(watts)), frames};
}

Price price_of(std::int64_t milli) {
  return {milli * 1'000'000, milli * 1'000'000, 0, 0};
}

}  // namespace

TEST_CASE("110 s at 450 W are 0.01375 kWh, 350 W for 12 h are 4.2 kWh") {
  const Kwh video = cost::energy_of(run_of("110", "450"), 1);
  CHECK(video.microjoules() == 49'500'000'000);  // 49.5 kJ
  CHECK(video.to_string() == "0.013750000");
  const Kwh night = cost::energy_of(run_of("43200", "350"), 1);
  CHECK(night.to_string() == "4.200000000");
  CHECK(cost::energy_of(run_of("110", "450"), 100).to_string() == "1.375000000");
}

TEST_CASE("what those cost at 1.20 and 0.45 a kWh") {
  const std::int64_t video = cost::energy_of(run_of("110", "450"), 1).microjoules();
  CHECK(energy::cost_at(video, price_of(1200)).gross.micro() == 16'500);  // 0.01375 x 1.20 = 0.0165
  CHECK(energy::cost_at(video, price_of(450)).gross.micro() == 6'188);    // 0.0061875, half to even
  const std::int64_t night = cost::energy_of(run_of("43200", "350"), 1).microjoules();
  CHECK(energy::cost_at(night, price_of(1200)).gross.micro() == 5'040'000);  // 4.2 x 1.20 = 5.04
  CHECK(energy::cost_at(night, price_of(450)).gross.micro() == 1'890'000);   // 4.2 x 0.45 = 1.89
}

TEST_CASE("the parts of a cost add up") {
  const Price price{1'356'000'000, 1'000'000'000, 200'000'000, 156'000'000};
  const auto cost = energy::cost_at(Kwh::from_kwh(0.01375).microjoules(), price);
  CHECK(cost.gross.micro() == 18'645);
  CHECK(cost.net.micro() == 13'750);
  CHECK(cost.levies.micro() == 2'750);
  CHECK(cost.gross == cost.net + cost.levies + cost.vat);
}

TEST_CASE("C = N x T / 60 x P") {
  const auto rent = [](int videos, double minutes, const char* price) {
    return cost::rent_of(static_cast<std::int64_t>(videos * minutes * 60e6), cost::money_of(decimal(price)));
  };
  CHECK(rent(1000, 2, "2.5").to_string() == "83.333333");  // 1000 x 2 / 60 x 2.5
  CHECK(rent(600, 5, "0.69").to_string() == "34.500000");  // 50 h x 0.69
  CHECK(rent(1, 60, "3.59").to_string() == "3.590000");
  CHECK(rent(0, 5, "0.69") == Money());
  // 2,000 videos of 1.9 s are 3,800 s: 3800 / 3600 x 0.76
  CHECK(cost::rent_of(2000 * run_of("1.9", "575").microseconds, cost::money_of(decimal("0.76"))).micro() ==
        802'222);
}

TEST_CASE("frames for a joule, and the wear of the hardware") {
  CHECK(cost::frames_per_joule(run_of("110", "450")) == doctest::Approx(81.0 / 49500));
  CHECK(cost::frames_per_joule(run_of("110", "0")) == 0);
  // 1599 with 40 % left after 3 years of 8 h a day: 959.4 over 8,760 h; 110 s of that.
  const Money worn = cost::money_of(decimal("959.4"));
  CHECK(cost::wear_of(run_of("110", "450"), worn, 3, decimal("8")).micro() == 3'346);  // 0.00334646...
  CHECK(cost::wear_of(run_of("3600", "450"), worn, 1, decimal("24")).micro() == 109'521);
  CHECK(testing::error_of([&] { cost::wear_of(run_of("1", "1"), worn, 3, decimal("0")); }).code() ==
        ErrorCode::bad_request);
  CHECK(cost::times(worn, decimal("0.15")).micro() == 143'910'000);
}

TEST_CASE("a year's bill takes the hours it may choose, in order") {
  // 14 h peak at 1.20 and 10 h valley at 0.45 a day, a year long.
  std::vector<tariff::Segment> segments;
  for (int day = 0; day < 365; ++day) {
    const std::int64_t at = day * 86'400LL;
    segments.push_back({at, at + 36'000, "valley", price_of(450), true, false, {}});
    segments.push_back({at + 36'000, at + 86'400, "peak", price_of(1200), false, false, {}});
  }
  const cost::YearPrices prices{tariff::PriceCurve(std::move(segments))};
  CHECK(prices.priced_seconds() == cost::seconds_a_year);
  REQUIRE(prices.shares().size() == 2);
  CHECK(prices.mean(true)->gross == 450'000'000);
  CHECK(prices.mean(false)->gross == 1'200'000'000);
  CHECK(prices.mean()->gross == 887'500'000);  // (10 x 0.45 + 14 x 1.20) / 24

  const cost::YearCosts cheapest(prices, cost::HourChoice::cheapest);
  const cost::YearCosts any(prices, cost::HourChoice::any);
  const auto hours = [](std::int64_t count) { return count * 3600; };
  // 2,920 h (8 a day) of 350 W fit into the valley: 1,022 kWh x 0.45.
  CHECK(cheapest.of(hours(2920), 350'000).gross.micro() == 459'900'000);
  // 4,380 h: 3,650 h valley (1,277.5 kWh) and 730 h peak (255.5 kWh).
  CHECK(cheapest.of(hours(4380), 350'000).gross.micro() == 574'875'000 + 306'600'000);
  CHECK(any.of(hours(2920), 350'000).gross.micro() == 907'025'000);  // 1,022 kWh x 0.8875
  CHECK(cheapest.of(hours(8760), 350'000).gross == any.of(hours(8760), 350'000).gross);
  CHECK(cheapest.of(0, 350'000).gross.micro() == 0);
  CHECK(cheapest.steps() == std::vector<std::int64_t>{hours(3650), hours(8760)});
  CHECK(testing::error_of([&] { cheapest.of(hours(8761), 1); }).code() == ErrorCode::bad_request);
}

TEST_CASE("off-peak hours come first even where others are cheaper") {
  const cost::YearPrices prices{tariff::PriceCurve({{0, 3600, "night", price_of(300), true, false, {}},
                                                    {3600, 7200, "noon", price_of(100), false, false, {}}})};
  const cost::YearCosts off_peak(prices, cost::HourChoice::off_peak);
  const cost::YearCosts cheapest(prices, cost::HourChoice::cheapest);
  // The two hours stand for a year: half of it is 4,380 h. 1 kW.
  CHECK(off_peak.of(4380 * 3600, 1'000'000).gross.micro() == 1'314'000'000);
  CHECK(cheapest.of(4380 * 3600, 1'000'000).gross.micro() == 438'000'000);
}

TEST_CASE("a longer load never costs less while prices are positive, and half the watts cost half") {
  std::vector<tariff::Segment> segments;
  for (int i = 0; i < 200; ++i)
    segments.push_back({i * 900, (i + 1) * 900, {}, price_of(50 + (i * 37) % 190), i % 3 == 0, false, {}});
  const cost::YearPrices prices{tariff::PriceCurve(std::move(segments))};
  for (const auto choice : {cost::HourChoice::off_peak, cost::HourChoice::cheapest, cost::HourChoice::any}) {
    const cost::YearCosts costs(prices, choice);
    std::int64_t before = -1;
    for (std::int64_t load = 0; load <= cost::seconds_a_year; load += cost::seconds_a_year / 97) {
      const std::int64_t now = costs.of(load, 400'000).gross.micro();
      CHECK(now >= before);
      CHECK(std::abs(now - 2 * costs.of(load, 200'000).gross.micro()) <= 1);
      before = now;
    }
  }
  const cost::YearPrices none = cost::YearPrices::flat(price_of(300));
  const cost::YearPrices dear = cost::YearPrices::flat(Price{999'999'000'000'000, 0, 0, 0});
  CHECK(testing::error_of([&] {
          cost::YearCosts(dear, cost::HourChoice::any).of(cost::seconds_a_year, 10'000'000'000'000);
        }).code() == ErrorCode::bad_request);
  CHECK(cost::YearCosts(none, cost::HourChoice::any).of(3600, 1'000'000).gross.micro() == 300'000);
  CHECK(testing::error_of([] {
          cost::YearPrices{tariff::PriceCurve({{0, 60, {}, {}, false, false, {}}})};
        }).code() == ErrorCode::bad_request);
}
