#include <SQLiteCpp/SQLiteCpp.h>

#include "core/hash.h"
#include "store/schema.h"
#include "store_fixture.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

constexpr const char* two_billed_attempts = R"sql(
INSERT INTO presets VALUES (1, 'd', '{"steps":4}', 'demo', 'f00d', 'cpu', '', 180, 4, 156672);
INSERT INTO jobs (id, state, preset_id, prompt, output, options, priority, run_when, retries, job_group, overwrite,
  attempts, added_at) VALUES (1, 'done', 1, 'a red circle', '/a.mp4', '{}', 0, 'now', 2, '', 0, 2, 1000);
INSERT INTO attempts (id, job_id, number, epoch, state, started_at, ended_at, last_seen, expected_s, expected_low_s,
  expected_high_s) VALUES (1, 1, 1, 1, 'failed', 2000, 3000, 2000, 1, 1, 1), (2, 1, 2, 1, 'done', 4000, 9000, 4000,
  1, 1, 1);
INSERT INTO energy VALUES (1, 10, 46000, 460, 'estimate', 1, 'cn', 'CNY', 5, 4, 0, 1),
  (2, 20, 46000, 920, 'estimate', 1, 'cn', 'CNY', 11, 9, 1, 1);
INSERT INTO price_snapshots VALUES (2, 0, 1, 'valley', 450000000, 400000000, 0, 50000000, 1, 0);
)sql";

void make_version_1(const std::filesystem::path& file) {
  SQLite::Database db(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(std::string(store::migrations()[0]));
  db.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 1", store::application_id));
  db.exec(two_billed_attempts);
}

store::Bill measured_bill() {
  store::Bill bill;
  bill.microseconds = 3'000'000;
  bill.milliwatts = 300'000;
  bill.microjoules = 900'000'000;
  bill.source = "measured";
  bill.tariff = "test";
  bill.currency = "EUR";
  bill.cost.gross = bill.cost.net = core::Money::from_micro(50);
  bill.gpu_microjoules = 600'000'000;
  bill.cpu_microjoules = 100'000'000;
  bill.rest_microjoules = 110'000'000;
  bill.method = "nvml-counter+rapl+fixed";
  bill.uncertainty_ppm = 40'000;
  bill.flags = "rapl-wrapped";
  bill.gpu = "A GPU";
  bill.gpu_permille = 900;
  bill.host_peak_bytes = 1 << 30;
  bill.asap_gross = 80;
  bill.samples = {{noon, noon + 1'000'000, {1, 2, 3, 4}}, {noon + 1'000'000, noon + 3'000'000, {5, 6, 7, 8}}};
  return bill;
}

}  // namespace

TEST_CASE("a removed job is gone, but for what it has cost") {
  const TempDir folder;
  make_version_1(folder / "jobs.db");
  store::JobStore store(folder / "jobs.db", false);
  store::NewJob later = new_job((folder / "b.mp4").string());
  later.after = {1};
  const store::JobId free = store.add(std::span(&later, 1), noon)[0];
  store.cancel(free, noon);
  store.remove(1);
  store.remove(free);  // has cost nothing
  CHECK(store.list({}).empty());
  CHECK(store.count_by_state().empty());
  CHECK_THROWS_AS(store.job(1), Error);
  CHECK_THROWS_AS(store.remove(1), Error);
  CHECK_THROWS_AS(store.retry(1, noon), Error);
  CHECK_THROWS_AS(store.add(std::span(&later, 1), noon), Error);  // comes after a job that is gone
  CHECK(store.unreported().empty());
  const auto billed = store.billed_attempts(0, 10'000, false);
  REQUIRE(billed.size() == 2);
  CHECK(billed[1].attempt.bill.cost.gross.micro() == 11);
  CHECK(billed[1].prompt == "(removed)");
  CHECK(billed[1].output.empty());
  CHECK(SQLite::Database(folder / "jobs.db").execAndGet("SELECT count(*) FROM jobs").getInt() == 1);
}

TEST_CASE("version 1 of the tables is as it was released") {
  CHECK(core::sha256_hex(store::migrations()[0]) ==
        "cde2eb7e8990dfc5085a99ee00837ff186f2f133661913c7689c6f02172ea357");
}

TEST_CASE("a store of version 1 becomes one of today, with its bills") {
  const TempDir folder;
  make_version_1(folder / "jobs.db");
  store::JobStore store(folder / "jobs.db", false);
  const auto attempts = store.attempts(1);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[1].bill.cost.gross.micro() == 11);
  CHECK(attempts[1].bill.microjoules == 920);
  CHECK(attempts[1].bill.rest_microjoules == 920);
  CHECK(attempts[1].bill.method == "fixed");
  CHECK_FALSE(attempts[1].bill.co2_milligrams);
  CHECK_FALSE(attempts[1].bill.gpu_permille);
  CHECK(store.samples(2).empty());
  REQUIRE(store.prices(2).size() == 1);
  CHECK_FALSE(store.prices(2)[0].milligram_co2);
  CHECK(store.prices(2)[0].price->gross == 450'000'000);
  CHECK(store.billed_attempts(0, 10'000, false).size() == 2);
  // And it is written to as any other.
  const store::NewJob job = new_job((folder / "b.mp4").string());
  store.add(std::span(&job, 1), noon);
  const auto epoch = store.begin_epoch(store::this_process());
  const auto attempt = store.claim(epoch, 2, {2, 1, 4}, noon);
  REQUIRE(attempt);
  store.finish(epoch, *attempt, measured_bill(), {}, noon + 5);
  CHECK(store.samples(attempt->id).size() == 2);
}

TEST_CASE_FIXTURE(StoreFixture, "a measured bill comes back with every part of it") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, {2, 1, 4}, noon);
  REQUIRE(attempt);
  tariff::Segment price{0,     10,   "valley", tariff::Price{450'000'000, 400'000'000, 7, 50'000'000},
                        false, true, {}};
  price.milligram_co2 = 420'000;
  const store::Bill bill = measured_bill();
  store().finish(epoch, *attempt, bill, std::span(&price, 1), noon + 2);
  const store::Bill back = store().attempts(id)[0].bill;
  CHECK(back.source == "measured");
  CHECK(back.gpu_microjoules == bill.gpu_microjoules);
  CHECK(back.cpu_microjoules == bill.cpu_microjoules);
  CHECK(back.rest_microjoules == bill.rest_microjoules);
  CHECK(back.method == bill.method);
  CHECK(back.uncertainty_ppm == bill.uncertainty_ppm);
  CHECK(back.flags == bill.flags);
  CHECK(back.gpu == bill.gpu);
  CHECK(back.gpu_permille == bill.gpu_permille);
  CHECK_FALSE(back.cpu_permille);
  CHECK_FALSE(back.gpu_peak_bytes);
  CHECK(back.host_peak_bytes == bill.host_peak_bytes);
  CHECK_FALSE(back.co2_milligrams);
  CHECK(back.asap_gross == 80);
  CHECK(store().samples(attempt->id) == bill.samples);
  const tariff::Segment paid = store().prices(attempt->id)[0];
  CHECK(paid.milligram_co2 == 420'000);
  CHECK(paid.rate == "valley");
  CHECK(paid.end == 10);
  CHECK(paid.price->gross == 450'000'000);
  CHECK(paid.price->net == 400'000'000);
  CHECK(paid.price->levies == 7);
  CHECK(paid.price->vat == 50'000'000);
  CHECK_FALSE(paid.off_peak);
  CHECK(paid.fallback);
  const auto billed = store().billed_attempts(noon, noon + 1, true);
  REQUIRE(billed.size() == 1);
  CHECK(billed[0].prompt == "a red circle");
  CHECK(billed[0].model == "demo");
  CHECK(billed[0].added_at == noon);
  CHECK(billed[0].samples == bill.samples);
  CHECK(billed[0].prices.size() == 1);
  CHECK(store().billed_attempts(noon + 1, noon + 2, false).empty());
}

TEST_CASE_FIXTURE(StoreFixture,
                  "what was metered while a job ran is there after a crash, and gives way to its bill") {
  const auto id = add("a.mp4");
  const auto epoch = store().begin_epoch(store::this_process());
  const auto attempt = store().claim(epoch, id, {2, 1, 4}, noon);
  REQUIRE(attempt);
  const std::vector<energy::Sample> first = {{noon, noon + 1, {1, 1, 1, 3}},
                                             {noon + 1, noon + 2, {1, 1, 1, 3}}};
  const std::vector<energy::Sample> second = {{noon + 1, noon + 3, {2, 2, 2, 7}}};
  store().note_alive(epoch, attempt->id, noon + 2, first, "nvml");
  store().note_alive(epoch, attempt->id, noon + 3, second, "nvml+rapl");
  const auto next = store().begin_epoch(store::this_process());
  const auto left = store().abandoned(next);
  REQUIRE(left.size() == 1);
  CHECK(left[0].attempt.meter_state == "nvml+rapl");
  CHECK(left[0].attempt.last_seen == noon + 3);
  CHECK(store().samples(attempt->id) == std::vector{first[0], second[0]});
  store().interrupt(next, left[0].attempt, measured_bill(), {}, "cut off", noon + 4);
  CHECK(store().samples(attempt->id) == measured_bill().samples);
}

TEST_CASE_FIXTURE(StoreFixture, "idle time is kept apart, by whoever runs the jobs only") {
  const auto epoch = store().begin_epoch(store::this_process());
  store::IdleEnergy idle;
  idle.energy = {noon, noon + 5, {1, 2, 3, 7}};
  idle.source = "measured";
  idle.method = "rapl+fixed";
  idle.flags = "rapl-wrapped";
  idle.tariff = "cn";
  idle.currency = "CNY";
  idle.price.rate = "valley";
  idle.price.price = tariff::Price{450, 400, 0, 50};
  idle.price.off_peak = true;
  idle.price.milligram_co2 = 9;
  const auto micro = core::Money::from_micro;
  idle.cost = {micro(3), micro(2), {}, micro(1)};
  idle.co2_milligrams = 4;
  store().add_idle_energy(epoch, std::span(&idle, 1));
  CHECK_THROWS_AS(store().add_idle_energy(epoch - 1, std::span(&idle, 1)), store::FencedOff);
  const auto back = store().idle_energy(noon, noon + 1);
  REQUIRE(back.size() == 1);
  CHECK(back[0].energy == idle.energy);
  CHECK(back[0].method == "rapl+fixed");
  CHECK(back[0].price.price->gross == 450);
  CHECK(back[0].price.price->vat == 50);
  CHECK(back[0].price.rate == "valley");
  CHECK(back[0].price.off_peak);
  CHECK_FALSE(back[0].price.fallback);
  CHECK(back[0].source == "measured");
  CHECK(back[0].flags == "rapl-wrapped");
  CHECK(back[0].tariff == "cn");
  CHECK(back[0].currency == "CNY");
  CHECK(back[0].price.price->net == 400);
  CHECK(back[0].cost.net.micro() == 2);
  CHECK(back[0].price.milligram_co2 == 9);
  CHECK(back[0].cost.gross.micro() == 3);
  CHECK(back[0].cost.vat.micro() == 1);
  CHECK(back[0].co2_milligrams == 4);
  CHECK(store().idle_energy(noon + 1, noon + 9).empty());
}
