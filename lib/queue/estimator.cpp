#include "queue/estimator.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "meter/power_model.h"

namespace turbodiff::queue {

store::ExpectedTime expected_time(const JobEstimate& estimate, bool setup) {
  const double seconds = estimate.exact_seconds + (setup ? estimate.exact_setup_seconds : 0);
  constexpr double load_deviation = 0.12;
  const double setup_s = setup ? estimate.exact_setup_seconds : 0;
  const auto [low, high] = energy::band_of(seconds, std::hypot(estimate.deviation, load_deviation * setup_s));
  return {seconds, low, high};
}

std::int64_t Estimator::milliwatts(const std::string& device) const {
  return meter::generating_milliwatts(power_.watts, device, power_.cores, power_.has_gpu);
}

energy::SpeedGuess Estimator::guess_of(const store::Preset& preset, bool nothing_known) const {
  // Share of a bare matrix product's rate that a whole network reaches.
  constexpr double network_efficiency = 0.6, core_bytes_per_s = 6e9;
  /// More cores than these do not read faster.
  constexpr int reading_cores = 8;
  energy::SpeedGuess guess;
  const auto sizes = guess_.sizes ? guess_.sizes(preset) : std::nullopt;
  if (sizes) {
    guess.network = energy::network_of(sizes->transformer);
    guess.decoder = energy::decoder_work_of(sizes->vae);
  }
  if (preset.model == "demo") guess.network = energy::demo_network;
  if (milliwatts(preset.device) >= 300'000) {
    guess.flops_per_s = energy::gpu_flops_per_s;
    guess.bytes_per_s = energy::gpu_bytes_per_s;
    return guess;
  }
  guess.bytes_per_s = core_bytes_per_s * std::clamp(power_.cores, 1, reading_cores);
  if (const auto rate = nothing_known && guess_.matrix_rate ? guess_.matrix_rate() : std::nullopt) {
    guess.flops_per_s = *rate * network_efficiency;
  }
  return guess;
}

JobEstimate Estimator::estimate(const store::Preset& preset) {
  const auto key = std::make_pair(preset.fingerprint, preset.device);
  auto found = models_.find(key);
  if (found == models_.end()) {
    std::vector<energy::Observation> observations;
    double metered_s = 0, metered_j = 0;
    for (const store::FinishedRun& run :
         store_.finished_runs(preset.fingerprint, preset.device, runs_to_learn_from)) {
      energy::StageSeconds stages{run.stages.load,   run.stages.text,   run.stages.denoise,
                                  run.stages.decode, run.stages.encode, 0};
      stages.other = std::max(
          0.0, run.seconds - stages.load - stages.text - stages.denoise - stages.decode - stages.encode);
      if (run.metered_microjoules) {
        metered_s += run.seconds;
        metered_j += static_cast<double>(*run.metered_microjoules) / 1e6;
      }
      observations.push_back({{run.tokens, run.steps, run.pixels}, stages});
    }
    const energy::SpeedGuess guess = guess_of(preset, observations.empty());
    Learnt learnt{energy::TimeModel(guess, observations), {}};
    if (metered_s > 0) learnt.milliwatts = std::llround(1e3 * metered_j / metered_s);
    found = models_.try_emplace(key, std::move(learnt)).first;
  }
  const energy::TimeEstimate time = found->second.time.estimate({preset.tokens, preset.steps, preset.pixels});
  JobEstimate estimate;
  estimate.seconds = std::max<std::int64_t>(1, std::llround(std::ceil(time.seconds)));
  estimate.setup_seconds = std::llround(std::ceil(time.load_seconds));
  estimate.exact_seconds = time.seconds;
  estimate.exact_setup_seconds = time.load_seconds;
  estimate.deviation = time.deviation;
  estimate.low = time.low;
  estimate.high = time.high;
  estimate.milliwatts = found->second.milliwatts.value_or(milliwatts(preset.device));
  estimate.observations = time.observations;
  return estimate;
}

}  // namespace turbodiff::queue
