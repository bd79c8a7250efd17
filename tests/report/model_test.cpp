#include "report/report_model.h"

#include <map>

#include "report/sample_records.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::report;
using namespace turbodiff::testing;

namespace {

constexpr GroupBy every_group[] = {GroupBy::job,   GroupBy::day,   GroupBy::hour, GroupBy::rate,
                                   GroupBy::model, GroupBy::month, GroupBy::gpu};

tariff::LocalZone berlin() {
  return tariff::LocalZone::find("Europe/Berlin").value();
}

/// The whole numbers of a report that must add up.
std::array<std::int64_t, 14> numbers(const Sums& sums) {
  return {sums.time,
          sums.energy.wall,
          sums.energy.gpu,
          sums.energy.cpu,
          sums.energy.rest,
          sums.cost.gross.micro(),
          sums.cost.net.micro(),
          sums.cost.levies.micro(),
          sums.cost.vat.micro(),
          sums.asap_gross,
          sums.co2_milligrams,
          sums.waste_gross,
          sums.depreciation,
          sums.compared_gross};
}

struct Added {
  Sums jobs, idle;
};

std::map<std::string, Added> add_rows(const Report& made) {
  std::map<std::string, Added> added;
  for (const Row& row : made.rows)
    (row.kind == Row::Kind::jobs ? added[row.currency].jobs : added[row.currency].idle).add(row.sums);
  return added;
}

Attempt simple_attempt(Micros start, Micros duration, std::int64_t wall, std::int64_t gross) {
  Attempt attempt;
  attempt.number = 1;
  attempt.start = start;
  attempt.duration = duration;
  attempt.energy.wall = wall;
  attempt.currency = "CNY";
  attempt.cost.gross = attempt.cost.net = core::Money::from_micro(gross);
  return attempt;
}

Job job_with(std::int64_t id, std::vector<Attempt> attempts, const std::string& state = "done") {
  Job job;
  job.id = id;
  job.state = state;
  job.model = "demo";
  job.device = "cpu";
  job.attempts = std::move(attempts);
  for (std::size_t i = 0; i < job.attempts.size(); ++i) job.attempts[i].number = static_cast<int>(i) + 1;
  return job;
}

}  // namespace

TEST_CASE("rows add up to the totals, and the totals to the bills, to the last micro-unit and microjoule") {
  std::mt19937_64 random(20261125);
  for (int round = 0; round < 60; ++round) {
    const Records records = random_records(random, 12);
    std::map<std::string, Added> bills;
    for (const Job& job : records.jobs)
      for (const Attempt& attempt : job.attempts) {
        Sums& sum = bills[attempt.currency].jobs;
        sum.energy.wall += attempt.energy.wall;
        sum.energy.gpu += attempt.energy.gpu;
        sum.cost += attempt.cost;
        sum.asap_gross += attempt.asap_gross.value_or(0);
        sum.time += attempt.duration;
      }
    for (const GroupBy by : every_group) {
      const Report made = make_report(records, {{}, {}, by, berlin(), {700, 200, 100}});
      auto rows = add_rows(made);
      for (const Total& total : made.totals) {
        CHECK(numbers(rows[total.currency].jobs) == numbers(total.of_jobs));
        CHECK(numbers(rows[total.currency].idle) == numbers(total.of_idle));
        Sums both = total.of_jobs;
        both.add(total.of_idle);
        CHECK(numbers(both) == numbers(total.machine));
        const Sums& bill = bills[total.currency].jobs;
        CHECK(total.of_jobs.energy.wall == bill.energy.wall);
        CHECK(total.of_jobs.energy.gpu == bill.energy.gpu);
        CHECK(total.of_jobs.cost == bill.cost);
        CHECK(total.of_jobs.asap_gross == bill.asap_gross);
        CHECK(total.of_jobs.time == bill.time);
        CHECK(total.of_jobs.cost.gross ==
              total.of_jobs.cost.net + total.of_jobs.cost.levies + total.of_jobs.cost.vat);
      }
    }
  }
}

TEST_CASE("two reports side by side are the report of both spans, and days of days are the days of all") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 60; ++round) {
    const Records records = random_records(random, 8);
    const Seconds cut = october + draw(random, 0, 40LL * 86'400);
    for (const GroupBy by : every_group) {
      const Report before = make_report(records, {{}, cut, by, berlin(), {700, 200, 100}});
      const Report after = make_report(records, {cut, {}, by, berlin(), {700, 200, 100}});
      const Report all = make_report(records, {{}, {}, by, berlin(), {700, 200, 100}});
      std::map<std::string, Added> sides;
      for (const Report* side : {&before, &after})
        for (const Total& total : side->totals) {
          sides[total.currency].jobs.add(total.of_jobs);
          sides[total.currency].idle.add(total.of_idle);
        }
      for (const Total& total : all.totals) {
        CHECK(numbers(sides[total.currency].jobs) == numbers(total.of_jobs));
        CHECK(numbers(sides[total.currency].idle) == numbers(total.of_idle));
      }
    }
  }
}

TEST_CASE("a day of a report is the report of that day") {
  std::mt19937_64 random(3);
  const Records records = random_records(random, 20);
  for (const Row& day : make_report(records, {{}, {}, GroupBy::day, berlin(), {}}).rows) {
    if (day.kind != Row::Kind::jobs) continue;
    const Report alone = make_report(records, {day.start, day.end, GroupBy::month, berlin(), {}});
    for (const Total& total : alone.totals)
      if (total.currency == day.currency) CHECK(numbers(total.of_jobs) == numbers(day.sums));
  }
}

TEST_CASE("a job over midnight and a change of price is divided by its energy") {
  // 23:00 to 01:00 in Berlin (UTC+2), 1 kWh of which three quarters are drawn in the first half; 1.20 before
  // midnight and 0.40 after.
  const Seconds midnight = october - 2 * 3600;
  Attempt attempt =
      simple_attempt((midnight - 3600) * 1'000'000, 7'200'000'000, 3'600'000'000'000, 1'000'000);
  attempt.samples = {
      {attempt.start, attempt.start + 3'600'000'000, {0, 0, 0, 2'700'000'000'000}},
      {attempt.start + 3'600'000'000, attempt.start + 7'200'000'000, {0, 0, 0, 900'000'000'000}}};
  attempt.prices = {
      {midnight - 3600,
       midnight,
       "peak",
       tariff::Price{1'200'000'000, 1'200'000'000, 0, 0},
       false,
       false,
       {}},
      {midnight, midnight + 3600, "valley", tariff::Price{400'000'000, 400'000'000, 0, 0}, true, false, {}}};
  const Records records{{job_with(1, {attempt})}, {}};
  const Report days = make_report(records, {{}, {}, GroupBy::day, berlin(), {}});
  REQUIRE(days.rows.size() == 2);
  CHECK(days.rows[0].key == "2026-10-23");
  CHECK(days.rows[0].sums.energy.wall == 2'700'000'000'000);
  CHECK(days.rows[0].sums.cost.gross.micro() == 900'000);
  CHECK(days.rows[1].sums.cost.gross.micro() == 100'000);
  CHECK(days.rows[0].jobs == 1);
  CHECK(days.totals[0].jobs == 1);
  const Report rates = make_report(records, {{}, {}, GroupBy::rate, berlin(), {}});
  REQUIRE(rates.rows.size() == 2);
  CHECK(rates.rows[0].key == "peak");
  CHECK(rates.rows[0].sums.cost.gross.micro() == 900'000);
  CHECK(rates.rows[1].off_peak);
  const Report hours = make_report(records, {{}, {}, GroupBy::hour, berlin(), {}});
  REQUIRE(hours.rows.size() == 2);
  CHECK(hours.rows[1].key == "2026-10-24 00:00");
}

TEST_CASE("the hour that autumn repeats is two rows, and the day has 25 of them") {
  // 2026-10-25 00:00 +02:00 to 24:00 +01:00.
  const Seconds start = october + 22 * 3600;
  const Records records{{job_with(1, {simple_attempt(start * 1'000'000, 25LL * 3'600'000'000, 25'000, 250)})},
                        {}};
  const Report hours = make_report(records, {{}, {}, GroupBy::hour, berlin(), {}});
  REQUIRE(hours.rows.size() == 25);
  CHECK(hours.rows[2].key == "2026-10-25 02:00 +02:00");
  CHECK(hours.rows[3].key == "2026-10-25 02:00 +01:00");
  for (const Row& row : hours.rows) CHECK(row.sums.cost.gross.micro() == 10);
  CHECK(make_report(records, {{}, {}, GroupBy::day, berlin(), {}}).rows.size() == 1);
}

TEST_CASE("what came to nothing is waste; what a later attempt went on from is not") {
  Attempt interrupted = simple_attempt(1'000'000, 1'000'000, 100, 10);
  interrupted.outcome = Outcome::interrupted;
  Attempt failed = simple_attempt(3'000'000, 1'000'000, 100, 20);
  failed.outcome = Outcome::failed;
  Attempt done = simple_attempt(5'000'000, 1'000'000, 100, 40);
  done.resumed = true;
  const auto waste = [](const Job& job) {
    return make_report({{job}, {}}, ReportOptions()).totals[0].of_jobs.waste_gross;
  };
  CHECK(waste(job_with(1, {interrupted, failed, done})) == 20);
  done.resumed = false;
  CHECK(waste(job_with(1, {interrupted, failed, done})) == 30);
  CHECK(waste(job_with(1, {interrupted}, "queued")) == 0);
  CHECK(waste(job_with(1, {interrupted}, "cancelled")) == 10);
  CHECK(waste(job_with(1, {failed}, "failed")) == 20);
}

TEST_CASE("amounts of different currencies stay apart, also within a job") {
  Attempt euros = simple_attempt(1'000'000, 1'000'000, 100, 10);
  euros.outcome = Outcome::failed;
  euros.currency = "EUR";
  const Report made = make_report({{job_with(4, {euros, simple_attempt(3'000'000, 1'000'000, 100, 20)})}, {}},
                                  ReportOptions());
  REQUIRE(made.rows.size() == 2);
  CHECK(made.rows[0].key == "4");
  CHECK(made.rows[0].currency == "CNY");
  CHECK(made.rows[1].currency == "EUR");
  REQUIRE(made.totals.size() == 2);
  CHECK(made.totals[0].of_jobs.cost.gross.micro() == 20);
  CHECK(made.totals[1].of_jobs.waste_gross == 10);
  CHECK(made.jobs == 1);
}

TEST_CASE("with 70/20/10 depreciation is two sevenths of the electricity and cooling one") {
  const Records records{{job_with(1, {simple_attempt(1'000'000, 1'000'000, 100, 700'000)})}, {}};
  ReportOptions options;
  options.shares = {700, 200, 100};
  const Sums sums = make_report(records, options).totals[0].machine;
  CHECK(sums.depreciation == 200'000);
  CHECK(sums.cooling == 100'000);
  CHECK(sums.whole() == 1'000'000);
}

TEST_CASE("part of a job is distinguished, and an empty report is empty") {
  const Records records{{job_with(1, {simple_attempt(10'000'000, 10'000'000, 1000, 100)})}, {}};
  ReportOptions options;
  options.from = 15;
  const Report made = make_report(records, options);
  REQUIRE(made.rows.size() == 1);
  CHECK(made.rows[0].partial);
  CHECK(made.rows[0].sums.cost.gross.micro() == 50);
  options.from = 20;
  CHECK(make_report(records, options).rows.empty());
  CHECK(make_report({}, ReportOptions()).totals.empty());
}
