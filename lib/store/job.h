// A job, its attempts, and the states they go through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::store {

using JobId = std::int64_t;
/// Microseconds since 1970-01-01T00:00:00Z.
using Micros = std::int64_t;

enum class State { queued, held, running, done, failed, cancelled };
enum class When { off_peak, cheapest, now };

std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);
std::string_view name_of(When when);  ///< "off-peak", "cheapest", "now"
std::optional<When> when_named(std::string_view name);
/// done, failed or cancelled.
bool is_final(State state);

/// Job::error_code of jobs that have failed without having run; all others are exit codes. One that it comes
/// after failed or was cancelled:
constexpr int error_of_another = -1;
/// Its deadline came first:
constexpr int error_of_deadline = -2;

/// What can happen to a job.
enum class Action {
  edit,
  hold,
  release,
  cancel,
  retry,
  remove,
  claim,      ///< an attempt begins
  finish,     ///< its output is published
  fail,       ///< it failed for good
  try_again,  ///< it failed and will be tried again
  interrupt,  ///< it was stopped or cut off, and does not count as tried
  set_aside   ///< it was cut off too often without getting any further
};

/// The state after `action`; a removed job keeps its state. Error bad_request, with what is possible instead,
/// when a job in `state` does not take it. The one place that knows the state machine.
State after(State state, Action action, JobId job);

/// What many jobs have in common, kept once: the complete request but for prompt, seed and names, and the
/// model as it was when the jobs were added.
struct Preset {
  std::string options;  ///< JSON object of options, paths absolute
  std::string model;    ///< name
  std::string fingerprint;
  std::string device;  ///< as asked for: "auto", "cpu", "cuda:0"
  std::string image_sha256;
  std::int64_t tokens = 0, steps = 0, pixels = 0;  ///< the workload of one job
  bool operator==(const Preset&) const = default;
};

struct JobSpec {
  std::string prompt;
  std::string output;   ///< absolute
  std::string options;  ///< JSON object: what differs from the preset (seed, side files)
  std::int64_t priority = 0;
  std::optional<std::int64_t> earliest, deadline;  ///< seconds, UTC
  When when = When::off_peak;
  int retries = 2;
  std::string group;
  bool held = false;
  bool overwrite = false;  ///< --force
  bool operator==(const JobSpec&) const = default;
};

struct NewJob {
  Preset preset;
  JobSpec spec;
  std::vector<JobId> after;
};

struct Job {
  JobId id = 0;
  State state = State::queued;
  JobSpec spec;
  std::int64_t preset = 0;
  std::int64_t tokens = 0, steps = 0, pixels = 0;
  std::string model, fingerprint, device;
  int attempts = 0;           ///< begun
  int failures = 0;           ///< that count against retries
  int forgiven_attempts = 0;  ///< the first ones, begun before its failures were last set to 0
  Micros added_at = 0;
  std::optional<Micros> not_before;  ///< a retry waits until then
  std::optional<Micros> started_at, finished_at;
  bool cancel_requested = false;
  int error_code = 0;  ///< an exit code, error_of_another or error_of_deadline
  std::string error;
  std::vector<JobId> after;
};

/// Held because its attempts were cut off more often than its retries allow, and not by its owner: nothing
/// more happens before someone looks at it.
bool is_set_aside(State state, int failures, int retries);
bool is_set_aside(const Job& job);

/// What was used in [start, end), microseconds since 1970. The parts are before the losses of the power
/// supply and cooling, `wall` is with them. Microjoules.
struct EnergySample {
  Micros start = 0, end = 0;
  std::int64_t gpu = 0, cpu = 0, rest = 0, wall = 0;
  bool operator==(const EnergySample&) const = default;
};

/// What an attempt took. Energy in microjoules, money in millionths of the currency unit.
struct Bill {
  std::int64_t microseconds = 0;           ///< between start and end, by the monotonic clock
  std::int64_t milliwatts = 0;             ///< mean
  std::int64_t microjoules = 0;            ///< at the wall, with cooling
  std::string source = "estimate";         ///< "measured" or "estimate"
  std::string tariff = {}, currency = {};  ///< empty without a tariff
  std::int64_t gross = 0, net = 0, levies = 0, vat = 0;
  bool complete = true;  ///< false when part of the time had no price, or the end is not known exactly
  /// Before the losses of the power supply and cooling.
  std::int64_t gpu_microjoules = 0, cpu_microjoules = 0, rest_microjoules = 0;
  std::string method = "fixed";      ///< "nvml-counter+rapl+fixed"
  std::int64_t uncertainty_ppm = 0;  ///< of microjoules: 95 % lie within; 0: not known
  std::string flags = {};            ///< what went wrong, "gpu-counter-reset,gpu-lost"
  std::string gpu = {};              ///< name of the device that ran it
  std::optional<std::int64_t> gpu_permille = {}, cpu_permille = {};  ///< mean utilisation
  std::optional<std::int64_t> gpu_peak_bytes = {}, host_peak_bytes = {};
  std::optional<std::int64_t> co2_milligrams = {};  ///< nothing where the tariff does not tell
  std::optional<std::int64_t> asap_gross = {};  ///< for the same energy, begun when the job could first run
  /// Written with the bill; read by JobStore::samples() only.
  std::vector<EnergySample> samples = {};
};

/// The price that held for part of an attempt, as it was then: [start, end) in seconds, nano-units a kWh.
struct PriceSnapshot {
  std::int64_t start = 0, end = 0;
  std::string rate;
  std::optional<std::int64_t> gross;
  std::int64_t net = 0, levies = 0, vat = 0;
  bool off_peak = false, fallback = false;
  std::optional<std::int64_t> milligram_co2 = {};  ///< per kWh
};

/// What the machine used while no job ran, within one price segment.
struct IdleEnergy {
  std::int64_t id = 0;  ///< given by the store
  EnergySample energy = {};
  std::string source = "estimate", method = {}, flags = {};
  std::string tariff = {}, currency = {};
  PriceSnapshot price = {};  ///< its start and end are not kept: those of `energy` count
  std::int64_t gross = 0, net = 0, levies = 0, vat = 0;
  std::optional<std::int64_t> co2_milligrams = {};
};

struct StageTimes {
  double load = 0, text = 0, denoise = 0, decode = 0, encode = 0;
};

/// What an attempt was expected to take when it began: seconds, nine of ten between low and high.
struct ExpectedTime {
  double seconds = 0, low = 0, high = 0;
};

enum class AttemptState { running, publishing, done, failed, interrupted };
std::string_view name_of(AttemptState state);

/// A file that the worker left under `temporary` and that belongs under `final`.
struct Publication {
  std::string temporary, final;
  bool overwrite = false;
  // Of the temporary file: an inode's number alone may be used again.
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified_ns = 0;
};

struct Attempt {
  std::int64_t id = 0;
  JobId job = 0;
  int number = 0;
  std::int64_t epoch = 0;
  AttemptState state = AttemptState::running;
  Micros started_at = 0;
  std::optional<Micros> ended_at;
  Micros last_seen = 0;    ///< the last time its runner wrote that it was going on
  bool resumed = false;    ///< it went on from a checkpoint
  std::int64_t steps = 0;  ///< of the denoising that were finished, with those before its checkpoint
  StageTimes stages;
  ExpectedTime expected;
  std::string meter_state;  ///< what the meter knew when it was last seen, while it runs
  Bill bill;
  int error_code = 0;
  std::string error;
};

}  // namespace turbodiff::store
