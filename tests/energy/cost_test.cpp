#include "energy/cost.h"

#include "testing.h"

using namespace turbodiff;
using tariff::Price;

TEST_CASE("a job that runs over a change of price pays each price for its part") {
  const tariff::PriceCurve curve(
      {{0, 3600, "peak", Price{1'200'000'000, 1'000'000'000, 50'000'000, 150'000'000}, false, false, {}},
       {3600, 7200, "valley", Price{450'000'000, 400'000'000, 0, 50'000'000}, true, false, {}}});
  // 360 W from 00:30 to 01:30: half an hour each, 0.18 kWh.
  const auto cost = energy::cost_of(curve, 1'800'000'000, 3'600'000'000, 360'000);
  CHECK(cost.money.gross.micro() == 216'000 + 81'000);
  CHECK(cost.money.net.micro() == 180'000 + 72'000);
  CHECK(cost.money.levies.micro() == 9'000);
  CHECK(cost.money.gross == cost.money.net + cost.money.levies + cost.money.vat);
  CHECK(cost.complete);
  CHECK(energy::microjoules_of(360'000, 3'600'000'000) == 1'296'000'000'000);
  CHECK_FALSE(energy::cost_of(curve, 7'000'000'000, 3'600'000'000, 360'000).complete);
  CHECK(energy::cost_of(curve, 0, 0, 360'000).money.gross.micro() == 0);
}

TEST_CASE("negative prices are earned, and halves are rounded to even") {
  const tariff::PriceCurve curve({{0, 3600, {}, Price{-100'000'000, -100'000'000, 0, 0}, true, false, {}}});
  CHECK(energy::cost_of(curve, 0, 3'600'000'000, 1'000'000).money.gross.micro() == -100'000);
  // 3.6 mWh at 0.1 per kWh is 0.36e-6 units; 18 J is 0.5e-6.
  CHECK(energy::cost_of(curve, 0, 18'000'000, 1'000).money.gross.micro() == 0);
  CHECK(energy::cost_of(curve, 0, 54'000'000, 1'000).money.gross.micro() == -2);
}
