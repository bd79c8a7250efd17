// What attempts and the time between them cost, with and without a meter.
#include "runner/billing.h"

#include <sstream>

#include "runner/frozen_prices.h"
#include "tariff/tariff_yaml.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

// 2026-09-21T14:13:20Z: forty seconds before the price changes.
constexpr store::Micros start = 1'790'000'000'000'000;
constexpr std::int64_t second = 1'000'000;
constexpr const char* tariff_text = R"(version: 1
name: two-rate
timezone: UTC
currency: EUR
rates: { low: { price: 0.32, off_peak: true }, high: { price: 0.76 } }
calendar: [ { hours: "14:14-14:20", rate: high }, { rate: low } ]
adders: { per_kwh: 0.04, vat: 0.25 }
carbon: { g_per_kwh: 360 }
)";

class Place {
 public:
  explicit Place(bool metered = false, const char* nvml = nullptr) {
    if (metered) {
      meter::MeterOptions options;
      options.gpu = nvml != nullptr;
      if (nvml != nullptr) options.nvml_library = nvml;
      options.powercap = folder_ / "none";
      options.wall = {.psu_efficiency = 1, .rest_watts = 30, .cooling = 1};
      options.plug_type = meter::PlugType::shelly2;
      options.plug_url = "http://plug";
      options.fetch = [](const std::string&) -> std::optional<std::string> { return R"({"apower":200})"; };
      options.interval_s = 0;
      options.awake_s = [this] { return clock_.monotonic_s(); };
      meter_ = std::make_unique<meter::Meter>(options, clock_);
    }
    write_file(folder_ / "two-rate.yaml", tariff_text);
    tariff_ = std::make_unique<queue::TariffClock>(
        [this] { return tariff::read_tariff(folder_ / "two-rate.yaml"); });
    epoch_ = store_.begin_epoch(store::this_process());
    billing_ = std::make_unique<runner::Billing>(store_, epoch_, *tariff_, estimator_, meter_.get(), log_);
    store::NewJob job;
    job.preset = {R"({"steps":4})", "demo", "f00d", "cpu", "", 180, 4, 156'672};
    job.spec.prompt = "a red circle";
    job.spec.output = (folder_ / "a.mp4").string();
    store_.add(std::span(&job, 1), start);
  }

  void advance(double seconds) { clock_.advance(seconds); }
  store::Micros now() const { return clock_.now().time_since_epoch().count(); }
  store::Job job() const { return store_.job(1); }
  store::Attempt claim(store::Micros at) { return store_.claim(epoch_, 1, {2, 1, 4}, at).value(); }

 protected:
  TempDir folder_;
  core::ManualClock clock_{core::WallTime(std::chrono::microseconds(start))};
  std::ostringstream out_;
  core::Console console_{out_, {}};
  core::Log log_{console_};
  store::JobStore store_{folder_ / "jobs.db", true};
  queue::Estimator estimator_{store_, {100.0, 1, false}};
  std::unique_ptr<meter::Meter> meter_;
  std::unique_ptr<queue::TariffClock> tariff_;
  std::int64_t epoch_ = 0;
  std::unique_ptr<runner::Billing> billing_;
};

struct MeteredPlace : Place {
  MeteredPlace() : Place(true) {}
};

/// With one GPU.
struct GpuPlace : Place {
  GpuPlace() : Place(true, FAKE_NVML) {}
};

}  // namespace

TEST_CASE_FIXTURE(Place, "without a meter an attempt costs its model's power at the prices it ran through") {
  CHECK_FALSE(billing_->begin("cpu"));
  CHECK_FALSE(billing_->idle_since());
  const store::Attempt attempt = claim(start + 30 * second);
  const auto [bill, prices] = billing_->end(attempt, job(), 20 * second);
  CHECK(bill.microseconds == 20 * second);
  CHECK(bill.milliwatts == 100'000);
  CHECK(bill.microjoules == 2'000'000'000);
  CHECK(bill.rest_microjoules == 2'000'000'000);
  CHECK(bill.gpu_microjoules == 0);
  CHECK(bill.cpu_microjoules == 0);
  // Ten seconds at 0.45 and ten at 1.00 a kWh; net 0.32 and 0.76, levies 0.04.
  CHECK(bill.cost.gross.micro() == 403);
  CHECK(bill.cost.net.micro() == 300);
  CHECK(bill.cost.levies.micro() == 22);
  CHECK(bill.cost.vat.micro() == 81);
  CHECK(bill.co2_milligrams == 200);
  CHECK(bill.complete);
  CHECK(bill.source == "estimate");
  CHECK(bill.method == "fixed");
  CHECK(bill.uncertainty_ppm == 500'000);
  CHECK(bill.tariff == "two-rate");
  CHECK(bill.currency == "EUR");
  CHECK(bill.gpu.empty());
  CHECK(bill.flags.empty());
  // When it was added, all of it would have been at 0.45.
  CHECK(bill.asap_gross == 250);
  REQUIRE(bill.samples.size() == 2);
  CHECK(bill.samples[0].end == start + 40 * second);
  CHECK(bill.samples[1].energy.wall == 1'000'000'000);
  REQUIRE(prices.size() == 2);
  CHECK(prices[0].rate == "low");
  CHECK(prices[0].off_peak);
  CHECK(prices[0].start == start / second + 30);
  CHECK(prices[0].end == start / second + 40);
  CHECK(prices[0].price->gross == 450'000'000);
  CHECK(prices[0].price->net == 320'000'000);
  CHECK(prices[0].price->levies == 40'000'000);
  CHECK(prices[0].price->vat == 90'000'000);
  CHECK(prices[0].milligram_co2 == 360'000);
  CHECK(prices[1].rate == "high");
  CHECK_FALSE(prices[1].off_peak);
  CHECK(prices[1].end == start / second + 50);
  // What is kept of it gives the same sums again.
  const energy::EnergyCost again = runner::bill_again(attempt, prices, bill.samples);
  CHECK(again.money.gross == bill.cost.gross);
  CHECK(again.money.vat == bill.cost.vat);
  CHECK(again.co2_milligrams == bill.co2_milligrams);
  // And so do bills from before samples were kept.
  store::Attempt old = attempt;
  old.bill = bill;
  const energy::EnergyCost by_power = runner::bill_again(old, prices, {});
  CHECK(by_power.money.gross == bill.cost.gross);
  CHECK(by_power.complete);
  CHECK_FALSE(by_power.co2_milligrams);
}

TEST_CASE_FIXTURE(Place,
                  "time that no price is known for makes a bill incomplete, an instant costs nothing") {
  const store::Attempt attempt = claim(start);
  const auto instant = billing_->end(attempt, job(), 0);
  CHECK(instant.bill.microseconds == 0);
  CHECK(instant.bill.milliwatts == 0);
  CHECK(instant.bill.cost.gross.micro() == 0);
  CHECK(instant.prices.size() <= 1);
  CHECK(billing_->end(attempt, job(), -5).bill.microseconds == 0);
}

TEST_CASE_FIXTURE(
    Place, "what could have begun earlier is compared with its earliest time, never with a later one") {
  store::JobEdit edit;
  edit.earliest = std::optional<std::int64_t>(start / second + 45);
  store_.edit(1, edit, start);
  const store::Attempt attempt = claim(start + 30 * second);
  // Begun before its earliest time, as only an edit allows: the comparison is with itself.
  const auto [bill, prices] = billing_->end(attempt, job(), 20 * second);
  CHECK(bill.asap_gross == bill.cost.gross.micro());
}

TEST_CASE_FIXTURE(MeteredPlace,
                  "with a meter an attempt costs what was used, and idle time is booked apart") {
  advance(10);
  CHECK(billing_->idle_since() == start);
  const auto began = billing_->begin("cuda:0");
  REQUIRE(began);
  CHECK(*began == start + 10 * second);
  const auto idle = store_.idle_energy(0, start * 2);
  REQUIRE(idle.size() == 1);
  CHECK(idle[0].energy.start == start);
  CHECK(idle[0].energy.end == *began);
  CHECK(idle[0].energy.energy.wall == 2'000'000'000);
  CHECK(idle[0].source == "measured");
  CHECK(idle[0].method == "plug");
  CHECK(idle[0].currency == "EUR");
  CHECK(idle[0].cost.gross.micro() == 250);
  CHECK(runner::idle_again(idle[0]).money.gross.micro() == 250);

  const store::Attempt attempt = claim(*began);
  advance(4);
  meter_->tick();
  billing_->note_alive(attempt, 4 * second, true);
  const auto noted = store_.samples(attempt.id);
  REQUIRE_FALSE(noted.empty());
  CHECK(noted.front().start == *began);
  CHECK(noted.back().end == *began + 4 * second);
  std::int64_t used = 0;
  for (const energy::Sample& sample : noted) used += sample.energy.wall;
  advance(2);
  meter_->tick();
  billing_->note_alive(attempt, 6 * second, true);
  CHECK(store_.samples(attempt.id).back().end == *began + 6 * second);
  // Notes follow each other without a gap and without an overlap.
  store::Micros at = *began;
  for (const energy::Sample& sample : store_.samples(attempt.id)) {
    CHECK(sample.start == at);
    at = sample.end;
  }
  const auto [bill, prices] = billing_->end(attempt, job(), 999 * second);
  CHECK(bill.microseconds == 6 * second);  // the meter's, not the caller's
  CHECK(bill.source == "measured");
  CHECK(bill.method == "plug");
  CHECK(bill.microjoules >= used);
  CHECK(bill.microjoules == 1'200'000'000);
  CHECK(bill.milliwatts == 200'000);
  CHECK(bill.cost.gross.micro() == 150);
  CHECK(prices.size() == 1);
}

TEST_CASE_FIXTURE(GpuPlace, "a bill names the GPU that its own job ran on, and none for a job without one") {
  const std::string name = meter_->gpu_name(0);
  REQUIRE_FALSE(name.empty());
  for (const char* device : {"cuda:0", "cpu", "cuda", "auto", "cpu", "cuda:7"}) {
    CAPTURE(device);
    const std::string which = device;
    const auto began = billing_->begin(device);
    const store::Attempt attempt = claim(*began);
    advance(2);
    meter_->tick();
    const store::Bill bill = billing_->end(attempt, job(), 2 * second).bill;
    CHECK(bill.gpu == (which == "cpu" || which == "cuda:7" ? "" : name));
    store_.interrupt(epoch_, attempt, bill, {}, "again", now());
  }
}

TEST_CASE_FIXTURE(MeteredPlace, "what another runner metered is billed as it was noted") {
  const auto began = billing_->begin("cpu");
  const store::Attempt attempt = claim(*began);
  advance(3);
  meter_->tick();
  billing_->note_alive(attempt, 3 * second, false);
  const auto left = store_.abandoned(epoch_ + 1);
  REQUIRE(left.size() == 1);
  const auto bill = billing_->of_abandoned(left[0].attempt, job(), 0).bill;
  CHECK(bill.source == "measured");
  CHECK(bill.method == "plug");
  CHECK(bill.microseconds == 3 * second);
  CHECK(bill.microjoules == 600'000'000);
  CHECK(bill.flags == "cut-off");
  CHECK_FALSE(bill.complete);
  // A second of 401 assumed is under one in a hundred; a second of 4 is not.
  const auto longer = billing_->of_abandoned(left[0].attempt, job(), *began + 4 * second).bill;
  CHECK(longer.source == "estimate");
  CHECK(longer.microjoules == 800'000'000);
  CHECK(longer.flags == "cut-off,end-assumed");
  const auto a_bit = billing_->of_abandoned(left[0].attempt, job(), *began + 3 * second + 20'000).bill;
  CHECK(a_bit.source == "measured");
}

TEST_CASE_FIXTURE(MeteredPlace, "a job that does not begin after all was idle time") {
  advance(5);
  billing_->begin("cpu");
  advance(5);
  billing_->call_off();
  CHECK(billing_->idle_since() == now());
  advance(5);
  billing_->idle().book(meter_->end_idle());
  billing_->idle().write(true);
  std::int64_t wall = 0;
  store::Micros at = start;
  for (const store::IdleEnergy& row : store_.idle_energy(0, start * 2)) {
    CHECK(row.energy.start == at);
    at = row.energy.end;
    wall += row.energy.energy.wall;
  }
  CHECK(at == start + 15 * second);
  CHECK(wall == 3'000'000'000);
}

TEST_CASE_FIXTURE(Place, "idle rows end with their price and with the hour, and grow while neither changes") {
  runner::IdleLedger idle(store_, epoch_, *tariff_, log_);
  meter::Span span;
  span.facts.measured = true;
  span.facts.method = "plug";
  const auto book = [&](store::Micros from, store::Micros to) {
    span.start = from;
    span.end = to;
    const std::int64_t joules = (to - from) * 100;  // 100 W
    span.energy = {0, 0, joules, joules};
    idle.book(span);
  };
  book(start, start);  // nothing
  book(start, start + 10 * second);
  idle.write(false);
  CHECK(store_.idle_energy(0, start * 2).empty());  // it may still grow
  book(start + 10 * second, start + 60 * second);   // over the change of price, at 40 s
  idle.write(false);
  auto rows = store_.idle_energy(0, start * 2);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].energy.end == start + 40 * second);
  CHECK(rows[0].energy.energy.wall == 4'000'000'000);
  CHECK(rows[0].energy.energy.rest == 4'000'000'000);
  CHECK(rows[0].price.rate == "low");
  CHECK(rows[0].cost.gross.micro() == 500);
  CHECK(rows[0].co2_milligrams == 400);
  // 15:00 is 2800 s after the start: the hour ends a row, and so do other means.
  book(start + 60 * second, start + 100 * second);
  book(start + 2790 * second, start + 2810 * second);
  span.facts.method = "rapl";
  book(start + 2810 * second, start + 2820 * second);
  idle.write(true);
  rows = store_.idle_energy(0, start * 2);
  REQUIRE(rows.size() == 5);
  CHECK(rows[1].energy.start == start + 40 * second);
  CHECK(rows[1].energy.end == start + 100 * second);
  CHECK(rows[1].price.rate == "high");
  CHECK(rows[2].energy.end == start + 2800 * second);
  CHECK(rows[3].energy.end == start + 2810 * second);
  CHECK(rows[3].method == "plug");
  CHECK(rows[4].method == "rapl");
  idle.write(true);
  CHECK(store_.idle_energy(0, start * 2).size() == 5);
}
