// Seconds, watts and cost of a job before it runs, learnt from this machine's finished jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "energy/estimate.h"
#include "store/job_store.h"

namespace turbodiff::queue {

/// With or without loading the model.
struct JobEstimate;
store::ExpectedTime expected_time(const JobEstimate& estimate, bool setup);

struct MachinePower {
  std::optional<double> watts;  ///< estimate.watts
  int cores = 1;
  bool has_gpu = false;
};

/// The inputs of a first guess for a model that has not run yet. Both may be empty, and return nothing.
struct FirstGuess {
  /// Floating-point operations per second of a matrix product here; called once, when nothing better is
  /// known.
  std::function<std::optional<double>()> matrix_rate;
  /// Bytes of the transformer's and the VAE's files.
  struct Sizes {
    double transformer = 0, vae = 0;
  };
  std::function<std::optional<Sizes>(const store::Preset&)> sizes;
};

/// The number of finished runs that an estimate is based on, the newest ones.
constexpr std::size_t runs_to_learn_from = 200;

struct JobEstimate {
  std::int64_t seconds = 1;        ///< without loading the model, rounded up
  std::int64_t setup_seconds = 0;  ///< loading it, saved by jobs of the same model that follow each other
  double exact_seconds = 0, exact_setup_seconds = 0, deviation = 0;
  double low = 0, high = 0;  ///< seconds: nine of ten runs are within these bounds
  std::int64_t milliwatts = 0;
  int observations = 0;
};

class Estimator {
 public:
  Estimator(const store::JobStore& store, MachinePower power, FirstGuess guess = {})
      : store_(store), power_(power), guess_(std::move(guess)) {}

  JobEstimate estimate(const store::Preset& preset);
  /// From the settings or the kind of device; models with metered runs use those instead.
  std::int64_t milliwatts(const std::string& device) const;
  /// Reads the finished jobs again: called after one has finished.
  void forget() { models_.clear(); }

 private:
  const store::JobStore& store_;
  MachinePower power_;
  FirstGuess guess_;
  energy::SpeedGuess guess_of(const store::Preset& preset, bool nothing_known) const;
  struct Learnt {
    energy::TimeModel time;
    std::optional<std::int64_t> milliwatts;  ///< mean of the metered runs
  };
  std::map<std::pair<std::string, std::string>, Learnt> models_;
};

}  // namespace turbodiff::queue
