#include "cost/rent.h"

#include <random>

#include "cost/buy_or_rent.h"
#include "cost/cost_per_video.h"
#include "testing.h"

using namespace turbodiff;
using core::Money;
using cost::micros_a_month;
using tariff::Price;

namespace {

constexpr std::int64_t an_hour = 3'600'000'000;

Money units(double amount) {
  return Money::from_units(amount);
}

cost::YearCosts flat(std::int64_t nano) {
  return {cost::YearPrices::flat(Price{nano, nano, 0, 0}), cost::HourChoice::any};
}

}  // namespace

TEST_CASE("on demand, by the month and both, by hand") {
  const cost::RentPrices prices{units(2), units(900)};
  const auto at = [&](std::int64_t hours) {
    const std::int64_t load = hours * an_hour;
    return cost::compare_rent({&load, 1}, prices);
  };
  // 400 h: 800 on demand, 900 for a month.
  CHECK(at(400).on_demand.total == units(800));
  CHECK(at(400).monthly->total == units(900));
  CHECK(at(400).hybrid->total == units(800));
  CHECK(at(400).hybrid->monthly_gpus == 0);
  // 1,000 h need two: 2,000 on demand, 1,800 for two months, 900 + 270 h x 2 = 1,440 with one.
  CHECK(at(1000).on_demand.total == units(2000));
  CHECK(at(1000).monthly->monthly_gpus == 2);
  CHECK(at(1000).monthly->total == units(1800));
  CHECK(at(1000).hybrid->monthly_gpus == 1);
  CHECK(at(1000).hybrid->on_demand_us == 270 * an_hour);
  CHECK(at(1000).hybrid->total == units(1440));
  // 900 / 2 = 450 h.
  CHECK(cost::break_even_us(prices) == 450 * an_hour);
  CHECK(at(450).hybrid->total == at(450).on_demand.total);
}

TEST_CASE("months of different loads share one number of monthly GPUs") {
  const cost::RentPrices prices{units(2), units(900)};
  const std::vector<std::int64_t> loads = {100 * an_hour, 800 * an_hour, 1500 * an_hour};
  const auto choice = cost::compare_rent(loads, prices);
  CHECK(choice.on_demand.total == units(4800));
  CHECK(choice.monthly->total == units(3 * 3 * 900));  // 1,500 h need three
  // One: 3 x 900 + (70 + 770) x 2 = 4,380. Two: 5,400 + 80.
  CHECK(choice.hybrid->monthly_gpus == 1);
  CHECK(choice.hybrid->total == units(4380));
}

TEST_CASE("where no month is offered, or it never pays") {
  const std::int64_t load = 700 * an_hour;
  CHECK_FALSE(cost::compare_rent({&load, 1}, {units(1), {}}).monthly);
  CHECK_FALSE(cost::break_even_us({units(1), {}}));
  CHECK_FALSE(cost::break_even_us({units(1), units(731)}));
  CHECK(cost::break_even_us({units(1), units(730)}) == micros_a_month);
  CHECK_FALSE(cost::break_even_us({units(0), units(1)}));
}

TEST_CASE("the mix is never worse than either, is the best of all, and costs cross at the break-even") {
  std::mt19937_64 random(5);
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    const cost::RentPrices prices{Money::from_micro(pick(1, 9'000'000)),
                                  Money::from_micro(pick(0, 6'000'000'000))};
    std::vector<std::int64_t> loads(static_cast<std::size_t>(pick(1, 12)));
    for (std::int64_t& load : loads) load = pick(0, 5 * micros_a_month);
    const auto choice = cost::compare_rent(loads, prices);
    CHECK(choice.hybrid->total <= choice.on_demand.total);
    CHECK(choice.hybrid->total <= choice.monthly->total);
    for (std::int64_t gpus = 0; gpus <= choice.monthly->monthly_gpus; ++gpus) {
      __int128 micro = 0;
      for (const std::int64_t load : loads)
        micro += static_cast<__int128>(std::max<std::int64_t>(0, load - gpus * micros_a_month)) *
                 prices.per_hour.micro();
      const auto rest = core::divide_half_even(micro, an_hour);
      const auto fixed = prices.per_month->micro() * gpus * static_cast<std::int64_t>(loads.size());
      CHECK(choice.hybrid->total.micro() <= rest + fixed);
    }
    if (const auto even = cost::break_even_us(prices)) {
      CHECK(static_cast<__int128>(*even) * prices.per_hour.micro() >=
            static_cast<__int128>(prices.per_month->micro()) * an_hour);
      if (*even > 0)
        CHECK(static_cast<__int128>(*even - 1) * prices.per_hour.micro() <
              static_cast<__int128>(prices.per_month->micro()) * an_hour);
    } else {
      CHECK(cost::rent_of(micros_a_month, prices.per_hour) <= *prices.per_month);
    }
  }
}

TEST_CASE("buying and renting over three years, by hand") {
  cost::Purchase purchase;
  purchase.price = units(1600);
  purchase.resale = units(640);
  purchase.years = 3;
  purchase.milliwatts = 450'000;
  purchase.cooling = {2, 1};  // 0.2
  purchase.other_a_year = units(50);
  // 240 h a month: 2,880 h and 1,296 kWh a year at 0.50 = 648; cooling 129.60; other 50: 827.60.
  // Rent: 240 x 0.69 x 12 = 1,987.20 a year.
  const auto result = cost::buy_or_rent(240 * an_hour, purchase, flat(500'000'000), units(0.69));
  CHECK(result.gpus == 1);
  REQUIRE(result.years.size() == 3);
  CHECK(result.electricity_a_year.gross.micro() == 648'000'000);
  CHECK(result.running_a_year == units(827.6));
  for (const cost::OwnedYear& year : result.years) {
    CHECK(year.cooling == units(129.6));
    CHECK(year.wear == units(320));  // 960 / 3
    CHECK(year.cost == units(1147.6));
    CHECK(year.rent == units(1987.2));
  }
  CHECK(result.years[0].cash == units(2427.6));
  CHECK(result.years[1].cash == units(827.6));
  CHECK(result.years[2].cash == units(187.6));
  CHECK(result.years[0].book_value == units(1280));
  CHECK(result.years[2].book_value == units(640));
  CHECK(result.own_total == units(3442.8));  // 960 + 3 x 827.60
  CHECK(result.rent_total == units(5961.6));
  // A month of rent is 165.60, of running 68.9666...; 1,600 / 96.6333... = 16.56 months.
  CHECK(result.break_even_month == 17);
  CHECK(result.rent_by_month[17] >= result.own_by_month[17]);
  CHECK(result.rent_by_month[16] < result.own_by_month[16]);
  CHECK(result.own_by_month.front() == units(1600));
  CHECK(result.own_by_month.back() == result.own_total);

  // At H hours a month, 36 H x 0.69 = 960 + 150 + 36 H x 0.45 x 0.50 x 1.2, so H = 1110 / (36 x 0.42)
  // = 73.41...
  const auto load = cost::break_even_load_s(purchase, flat(500'000'000), units(0.69));
  REQUIRE(load);
  CHECK(*load / 3600.0 == doctest::Approx(1110 / (36 * 0.42)));

  // At 0.25 an hour it never pays: electricity alone costs 0.27.
  CHECK_FALSE(cost::break_even_load_s(purchase, flat(500'000'000), units(0.25)));
  CHECK_FALSE(cost::buy_or_rent(240 * an_hour, purchase, flat(500'000'000), units(0.25)).break_even_month);
}

TEST_CASE("a load above 730 h a month takes more GPUs") {
  cost::Purchase purchase{units(1000), units(100), 2, 500'000, {}, {}};
  const auto result = cost::buy_or_rent(1460 * an_hour + 1, purchase, flat(200'000'000), units(1));
  CHECK(result.gpus == 3);
  CHECK(result.years[0].purchase == units(3000));
  CHECK(result.years[1].resale == units(300));
  // 17,520 h at 500 W are 8,760 kWh.
  CHECK(result.electricity_a_year.gross.micro() == 1'752'000'000);
  purchase.resale = units(1001);
  CHECK(testing::error_of([&] { cost::buy_or_rent(1, purchase, flat(1), units(1)); }).code() ==
        ErrorCode::bad_request);
}

TEST_CASE("years add up, and the break-even load is where the costs cross") {
  std::mt19937_64 random(9);
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  int crossings = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<tariff::Segment> segments;
    for (int i = 0; i < 24; ++i) {
      const std::int64_t price = pick(20, 400) * 1'000'000;
      segments.push_back({i * 3600, (i + 1) * 3600, {}, Price{price, price, 0, 0}, i < 8, false, {}});
    }
    const cost::YearCosts electricity(cost::YearPrices{tariff::PriceCurve(std::move(segments))},
                                      cost::HourChoice::cheapest);
    cost::Purchase purchase;
    purchase.price = Money::from_micro(pick(0, 30'000'000'000));
    purchase.resale = purchase.price.scaled(pick(0, 100), 100);
    purchase.years = static_cast<int>(pick(1, 6));
    purchase.milliwatts = pick(100'000, 900'000);
    purchase.cooling = {pick(0, 50), 2};
    purchase.other_a_year = Money::from_micro(pick(0, 200'000'000));
    const Money rent = Money::from_micro(pick(50'000, 4'000'000));
    const auto result = cost::buy_or_rent(pick(0, 3 * micros_a_month), purchase, electricity, rent);
    Money cash, cost;
    for (const cost::OwnedYear& year : result.years) {
      cash = cash + year.cash;
      cost = cost + year.cost;
    }
    CHECK(cash == cost);
    CHECK(cash == result.own_total);
    CHECK(result.years.back().book_value == purchase.resale.scaled(result.gpus, 1));

    const auto gap = [&](std::int64_t load_s) {
      const auto both = cost::buy_or_rent(load_s * 1'000'000, purchase, electricity, rent);
      return both.own_total - both.rent_total;
    };
    const auto load = cost::break_even_load_s(purchase, electricity, rent);
    if (load && *load > 0) {
      ++crossings;
      const Money rounding = Money::from_micro(100);
      CHECK(gap(*load) <= rounding);
      CHECK(gap(*load - 1) >= Money() - rounding);
    } else if (!load) {
      CHECK(gap(730 * 3600) > Money());
    }
  }
  CHECK(crossings > 100);
}
