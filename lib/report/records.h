// The input of a report: jobs, the attempts to run them, their energy and cost, and the machine's idle time.
// Plain data, filled by its owner. Energy in microjoules, money in millionths of the currency unit, times in
// microseconds UTC since 1970 unless stated as seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "energy/cost.h"
#include "energy/sample.h"
#include "tariff/price_curve.h"

namespace turbodiff::report {

using Micros = std::int64_t;
using Seconds = std::int64_t;

inline constexpr Micros a_second = 1'000'000;

enum class Outcome { running, done, failed, interrupted };

struct Attempt {
  int number = 0;
  Outcome outcome = Outcome::done;
  bool resumed = false;  ///< it went on from a checkpoint of an earlier one
  Micros start = 0;
  Micros duration = 0;  ///< by the monotonic clock
  energy::EnergyParts energy;
  bool has_parts = false;  ///< energy.gpu, cpu and rest are known
  bool measured = false;   ///< else an estimate
  std::string method;      ///< how the energy came about; may be empty
  std::optional<std::int64_t> uncertainty_ppm;
  std::string flags;     ///< doubts about the measure, separated by commas
  bool complete = true;  ///< false: part of the time had no price, or the end is not known exactly
  std::string currency;  ///< empty without a tariff
  energy::Cost cost;
  std::optional<std::int64_t> asap_gross;  ///< what the same energy had cost at once, when the job was added
  std::optional<std::int64_t> co2_milligrams;
  std::string gpu;                                         ///< the device's name; empty when unknown
  std::optional<std::int64_t> gpu_permille, cpu_permille;  ///< mean utilisation
  std::int64_t gpu_peak_bytes = 0, host_peak_bytes = 0;    ///< 0: unknown
  std::vector<tariff::Segment> prices;                     ///< in order of time
  std::vector<energy::Sample> samples;                     ///< in order of time; empty: one constant stretch
};

struct Job {
  std::int64_t id = 0;
  std::string state;  ///< queued, held, running, done, failed or cancelled
  std::string prompt, model, device, error;
  std::optional<Micros> started, finished;
  std::vector<Attempt> attempts;  ///< in order
};

/// A stretch in which the machine was on for the queue and ran no job.
struct Idle {
  Micros start = 0, end = 0;
  energy::EnergyParts energy;
  bool has_parts = false, measured = false;
  std::string currency;
  energy::Cost cost;
  std::optional<std::int64_t> co2_milligrams;
  tariff::Segment price;
};

/// How the whole cost of a machine divides, in parts per thousand: {700, 200, 100} means that electricity is
/// 70 % of the whole, depreciation 20 % and cooling 10 %. Electricity 0: not looked at.
struct Shares {
  int electricity = 0, depreciation = 0, cooling = 0;
  bool operator==(const Shares&) const = default;
};

/// "70/20/10" or "72.5/20/7.5": percent that add up to 100, electricity above 0. Error bad_request names
/// `where`.
Shares parse_shares(std::string_view text, std::string_view where);

struct Records {
  std::vector<Job> jobs;  ///< in order of id
  std::vector<Idle> idle;
};

}  // namespace turbodiff::report
