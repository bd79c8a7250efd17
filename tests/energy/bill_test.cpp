#include <random>

#include "core/units.h"
#include "energy/cost.h"
#include "energy/sample.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::energy;
using tariff::Price;

namespace {

constexpr std::int64_t second = 1'000'000;

std::int64_t rounded(__int128 numerator, __int128 denominator) {
  return core::divide_half_even(numerator, denominator);
}

struct Case {
  std::vector<Sample> samples;
  std::vector<tariff::Segment> prices;
  std::vector<std::int64_t> borders;
};

/// Samples of a second each, prices that change at some of the seconds.
Case random_case(std::mt19937_64& random) {
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  Case c;
  const std::int64_t start = draw(1'700'000'000, 1'800'000'000), seconds = draw(1, 3000);
  std::int64_t at = start * second + draw(0, second - 1);
  c.borders.push_back(start);
  for (std::int64_t s = start; s < start + seconds; ++s) {
    const std::int64_t end = (s + 1) * second;
    c.samples.push_back(
        {at, end, {draw(0, 300'000'000), draw(0, 90'000'000), draw(0, 50'000'000), draw(0, 500'000'000)}});
    at = end;
    if (s > start && draw(0, 200) == 0) c.borders.push_back(s);
  }
  c.borders.push_back(start + seconds);
  for (std::size_t i = 0; i + 1 < c.borders.size(); ++i) {
    const std::int64_t net = draw(-500'000'000, 3'000'000'000), levies = draw(0, 200'000'000),
                       vat = draw(0, 500'000'000);
    c.prices.push_back({c.borders[i],
                        c.borders[i + 1],
                        {},
                        Price{net + levies + vat, net, levies, vat},
                        false,
                        false,
                        draw(0, 900'000)});
  }
  return c;
}

}  // namespace

TEST_CASE("a bill is its samples times their prices, rounded once, and thinning samples leaves it as it is") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 200; ++i) {
    const Case c = random_case(random);
    __int128 gross = 0, net = 0, levies = 0, co2 = 0;
    EnergyParts sum;
    for (const Sample& sample : c.samples) {
      sum += sample.energy;
      for (const tariff::Segment& price : c.prices)
        if (price.start * second <= sample.start && sample.end <= price.end * second) {
          gross += static_cast<__int128>(sample.energy.wall) * price.price->gross;
          net += static_cast<__int128>(sample.energy.wall) * price.price->net;
          levies += static_cast<__int128>(sample.energy.wall) * price.price->levies;
          co2 += static_cast<__int128>(sample.energy.wall) * *price.milligram_co2;
        }
    }
    const EnergyCost cost = cost_of(c.samples, c.prices);
    const __int128 unit = static_cast<__int128>(3'600'000'000'000) * 1000;
    CHECK(cost.money.gross.micro() == rounded(gross, unit));
    CHECK(cost.money.net.micro() == rounded(net, unit));
    CHECK(cost.money.levies.micro() == rounded(levies, unit));
    CHECK(cost.money.gross == cost.money.net + cost.money.levies + cost.money.vat);
    CHECK(cost.complete);
    CHECK(cost.co2_milligrams == rounded(co2, 3'600'000'000'000));

    const std::vector<Sample> thin = thin_out(c.samples, c.borders, 40);
    CHECK(thin.size() <= std::max<std::size_t>(40, 2 * c.borders.size()));
    EnergyParts thin_sum;
    for (const Sample& sample : thin) thin_sum += sample.energy;
    CHECK(thin_sum == sum);
    const EnergyCost again = cost_of(thin, c.prices);
    CHECK(again.money.gross == cost.money.gross);
    CHECK(again.money.vat == cost.money.vat);
    CHECK(again.co2_milligrams == cost.co2_milligrams);

    const std::vector<Sample> one = {{c.samples.front().start, c.samples.back().end, sum}};
    const std::vector<Sample> cut = cut_at(one, c.borders);
    EnergyParts cut_sum;
    for (const Sample& sample : cut) cut_sum += sample.energy;
    CHECK(cut_sum == sum);
    CHECK(cost_of(cut, c.prices).money.gross == cost_of(one, c.prices).money.gross);
  }
}

TEST_CASE("energy without a price is not in the sum, and the bill says so") {
  const std::vector<tariff::Segment> prices = {
      {0, 10, {}, Price{1'000'000'000, 1'000'000'000, 0, 0}, false, false, 400'000},
      {10, 20, {}, {}, false, false, {}}};
  const std::int64_t kwh = 3'600'000'000'000;
  const EnergyCost known = cost_of(std::vector<Sample>{{0, 10 * second, {0, 0, 0, kwh}}}, prices);
  CHECK(known.money.gross.micro() == 1'000'000);
  CHECK(known.complete);
  CHECK(known.co2_milligrams == 400'000);
  const EnergyCost half = cost_of(std::vector<Sample>{{5 * second, 15 * second, {0, 0, 0, kwh}}}, prices);
  CHECK(half.money.gross.micro() == 500'000);
  CHECK_FALSE(half.complete);
  CHECK_FALSE(half.co2_milligrams);
  const EnergyCost outside = cost_of(std::vector<Sample>{{15 * second, 25 * second, {0, 0, 0, kwh}}}, prices);
  CHECK(outside.money.gross.micro() == 0);
  CHECK_FALSE(outside.complete);
  const EnergyCost before = cost_of(std::vector<Sample>{{-10 * second, 10 * second, {0, 0, 0, kwh}}}, prices);
  CHECK(before.money.gross.micro() == 500'000);
  CHECK_FALSE(before.complete);
  CHECK(cost_of(std::vector<Sample>{{3, 3, {}}}, prices).complete);
}
