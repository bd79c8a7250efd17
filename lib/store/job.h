// A job, its attempts, and their states.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "energy/cost.h"
#include "energy/sample.h"

#include "spec/when.h"
#include "tariff/price_curve.h"

namespace turbodiff::store {

using JobId = std::int64_t;
/// Microseconds since 1970-01-01T00:00:00Z.
using Micros = std::int64_t;

enum class State { queued, held, running, done, failed, cancelled };

std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);
/// done, failed or cancelled.
bool is_final(State state);

/// Job::error_code of jobs that have failed without running; all others are exit codes. A job that it depends on
/// failed or was cancelled:
constexpr int error_of_another = -1;
/// Its deadline came first:
constexpr int error_of_deadline = -2;

/// The actions that change a job's state.
enum class Action {
  edit,
  hold,
  release,
  cancel,
  retry,
  remove,
  claim,      ///< an attempt begins
  finish,     ///< its output is published
  fail,       ///< it failed permanently
  try_again,  ///< it failed and will be retried
  interrupt,  ///< it was stopped or cut off, which does not count as a failure
  set_aside   ///< it was cut off too often without progress
};

/// The state after `action`; a removed job keeps its state. Error bad_request, with the possible states, when
/// `action` is not possible in `state`. The only implementation of the state machine.
State after(State state, Action action, JobId job);

/// What many jobs share, stored once: the complete request except prompt, seed and names, and the model at
/// the time when the jobs were added.
struct Preset {
  std::string options;  ///< JSON object of options, paths absolute
  std::string model;    ///< name
  std::string fingerprint;
  std::string device;  ///< as requested: "auto", "cpu", "cuda:0"
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
  spec::When when = spec::When::off_peak;
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
  int attempts = 0;           ///< number of attempts begun
  int failures = 0;           ///< that count against retries
  int forgiven_attempts = 0;  ///< the first attempts, begun before its failures were last reset
  Micros added_at = 0;
  std::optional<Micros> not_before;  ///< earliest time of a retry
  std::optional<Micros> started_at, finished_at;
  bool cancel_requested = false;
  int error_code = 0;  ///< an exit code, error_of_another or error_of_deadline
  std::string error;
  std::vector<JobId> after;
};

/// Held because its attempts were cut off more often than its retries allow, not by its owner: it stays held
/// until a user acts.
bool is_set_aside(State state, int failures, int retries);
bool is_set_aside(const Job& job);

/// The energy and cost of an attempt. Energy in microjoules, money in millionths of the currency unit.
struct Bill {
  std::int64_t microseconds = 0;           ///< from start to end, by the monotonic clock
  std::int64_t milliwatts = 0;             ///< mean
  std::int64_t microjoules = 0;            ///< at the wall, with cooling
  std::string source = "estimate";         ///< "measured" or "estimate"
  std::string tariff = {}, currency = {};  ///< empty without a tariff
  energy::Cost cost = {};
  bool complete = true;  ///< false when part of the time had no price, or the end is not known exactly
  /// Before the losses of the power supply and cooling.
  std::int64_t gpu_microjoules = 0, cpu_microjoules = 0, rest_microjoules = 0;
  std::string method = "fixed";      ///< "nvml-counter+rapl+fixed"
  std::int64_t uncertainty_ppm = 0;  ///< of microjoules: 95 % lie within; 0: not known
  std::string flags = {};            ///< problems, "gpu-counter-reset,gpu-lost"
  std::string gpu = {};              ///< name of the device that ran it
  std::optional<std::int64_t> gpu_permille = {}, cpu_permille = {};  ///< mean utilisation
  std::optional<std::int64_t> gpu_peak_bytes = {}, host_peak_bytes = {};
  std::optional<std::int64_t> co2_milligrams = {};  ///< nullopt where the tariff has no CO2 data
  std::optional<std::int64_t> asap_gross = {};  ///< for the same energy, begun when the job could first run
  /// Written with the bill; read by JobStore::samples() only.
  std::vector<energy::Sample> samples = {};
};

/// The energy of the machine while no job ran, within one price segment.
struct IdleEnergy {
  std::int64_t id = 0;  ///< assigned by the store
  energy::Sample energy = {};
  std::string source = "estimate", method = {}, flags = {};
  std::string tariff = {}, currency = {};
  tariff::Segment price = {};  ///< its start and end are not kept: those of `energy` count
  energy::Cost cost = {};
  std::optional<std::int64_t> co2_milligrams = {};
};

struct StageTimes {
  double load = 0, text = 0, denoise = 0, decode = 0, encode = 0;
};

/// The expected duration of an attempt when it began: seconds, nine of ten between low and high.
struct ExpectedTime {
  double seconds = 0, low = 0, high = 0;
};

enum class AttemptState { running, publishing, done, failed, interrupted };
std::string_view name_of(AttemptState state);

/// A file that the worker has written to `temporary` and that will be renamed to `final`.
struct Publication {
  std::string temporary, final;
  bool overwrite = false;
  // Of the temporary file: the inode's number alone may be reused.
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
  Micros last_seen = 0;    ///< the last time its runner recorded that it was running
  bool resumed = false;    ///< it resumed from a checkpoint
  std::int64_t steps = 0;  ///< denoising steps finished, including those before its checkpoint
  StageTimes stages;
  ExpectedTime expected;
  std::string meter_state;  ///< the state of the meter when it was last recorded, while the attempt runs
  Bill bill;
  int error_code = 0;
  std::string error;
};

}  // namespace turbodiff::store
