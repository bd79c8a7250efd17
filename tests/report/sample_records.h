// Records as a queue might leave them.
#pragma once

#include <random>

#include "report/records.h"

namespace turbodiff::testing {

/// 2026-10-24T00:00:00Z, the day before Berlin's clock goes back.
constexpr std::int64_t october = 1'792'800'000;

inline std::int64_t draw(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

/// An attempt of any outcome, with prices of both signs, holes in prices and samples, and a bill that need
/// not be what energy times price says.
inline report::Attempt random_attempt(std::mt19937_64& random) {
  report::Attempt attempt;
  attempt.number = 1;
  attempt.outcome = static_cast<report::Outcome>(draw(random, 1, 3));
  attempt.start = (october + draw(random, 0, 40LL * 86'400)) * 1'000'000 + draw(random, 0, 999'999);
  attempt.duration = draw(random, 0, 9) == 0 ? 0 : draw(random, 1, 20LL * 3600 * 1'000'000);
  const bool parts = draw(random, 0, 1) == 1;
  attempt.has_parts = parts;
  attempt.measured = draw(random, 0, 1) == 1;
  attempt.currency = draw(random, 0, 5) == 0 ? "EUR" : "CNY";
  const std::int64_t end = attempt.start + attempt.duration;
  for (std::int64_t at = attempt.start; draw(random, 0, 3) != 0 && at < end;) {
    const std::int64_t until = std::min(end, at + draw(random, 1, 4LL * 3600 * 1'000'000));
    energy::Sample sample{at, until, {}};
    sample.energy.wall = draw(random, 0, 3'000'000'000'000);
    if (parts) {
      sample.energy.gpu = sample.energy.wall / 2;
      sample.energy.cpu = sample.energy.wall / 3;
      sample.energy.rest = sample.energy.wall - sample.energy.gpu - sample.energy.cpu;
    }
    if (draw(random, 0, 4) != 0) attempt.samples.push_back(sample);
    at = until;
  }
  for (const energy::Sample& sample : attempt.samples) attempt.energy += sample.energy;
  if (attempt.samples.empty() || draw(random, 0, 3) == 0)
    attempt.energy.wall += draw(random, 0, 5'000'000'000'000);
  for (std::int64_t at = attempt.start / 1'000'000; at * 1'000'000 < end;) {
    tariff::Segment span;
    span.start = at;
    span.end = at + draw(random, 1, 5 * 3600);
    if (draw(random, 0, 6) != 0) {
      tariff::Price& price = span.price.emplace();
      price.net = draw(random, -300'000'000, 900'000'000);
      price.levies = draw(random, 0, 90'000'000);
      price.vat = draw(random, 0, 100'000'000);
      price.gross = price.net + price.levies + price.vat;
    }
    if (draw(random, 0, 3) != 0) span.rate = draw(random, 0, 1) == 0 ? "peak" : "valley";
    span.off_peak = draw(random, 0, 1) == 1;
    if (draw(random, 0, 5) != 0) attempt.prices.push_back(span);
    at = span.end;
  }
  const auto amount = [&](std::int64_t low, std::int64_t high) {
    return core::Money::from_micro(draw(random, low, high));
  };
  attempt.cost.net = amount(-1'000'000, 9'000'000);
  attempt.cost.levies = amount(0, 100'000);
  attempt.cost.vat = amount(0, 100'000);
  attempt.cost.gross = attempt.cost.net + attempt.cost.levies + attempt.cost.vat;
  if (draw(random, 0, 2) != 0) attempt.asap_gross = draw(random, -1'000'000, 20'000'000);
  if (draw(random, 0, 2) != 0) attempt.co2_milligrams = draw(random, 0, 5'000'000);
  if (draw(random, 0, 2) != 0) attempt.gpu_permille = draw(random, 0, 1000);
  return attempt;
}

inline report::Records random_records(std::mt19937_64& random, int jobs) {
  report::Records records;
  for (int id = 1; id <= jobs; ++id) {
    report::Job job;
    job.id = id;
    job.state = draw(random, 0, 3) == 0 ? "failed" : "done";
    job.prompt = "a red circle";
    job.model = draw(random, 0, 1) == 0 ? "demo" : "wan";
    job.device = "cpu";
    const int attempts = static_cast<int>(draw(random, 0, 3));
    for (int i = 0; i < attempts; ++i) {
      job.attempts.push_back(random_attempt(random));
      job.attempts.back().number = i + 1;
    }
    records.jobs.push_back(job);
  }
  for (int i = 0; i < jobs / 3; ++i) {
    report::Idle idle;
    idle.start = (october + draw(random, 0, 40LL * 86'400)) * 1'000'000;
    idle.end = idle.start + draw(random, 1, 40LL * 3600 * 1'000'000);
    idle.energy.wall = draw(random, 0, 900'000'000'000);
    idle.currency = "CNY";
    idle.cost.net = core::Money::from_micro(draw(random, 0, 900'000));
    idle.cost.gross = idle.cost.net;
    records.idle.push_back(idle);
  }
  return records;
}

}  // namespace turbodiff::testing
