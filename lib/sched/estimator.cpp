#include "sched/estimator.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "energy/power_model.h"

namespace turbodiff::sched {

std::int64_t Estimator::milliwatts(const std::string& device) const {
  return energy::generating_milliwatts(power_.watts, device, power_.cores, power_.has_gpu);
}

JobEstimate Estimator::estimate(const store::Preset& preset) {
  const auto key = std::make_pair(preset.fingerprint, preset.device);
  auto found = models_.find(key);
  if (found == models_.end()) {
    std::vector<energy::Observation> observations;
    for (const store::FinishedRun& run :
         store_.finished_runs(preset.fingerprint, preset.device, runs_to_learn_from))
      observations.push_back(
          {{run.tokens, run.steps, run.pixels},
           {run.stages.load, run.stages.text, run.stages.denoise, run.stages.decode, run.stages.encode}});
    energy::SpeedGuess guess;
    if (preset.model == "demo") guess.network = energy::demo_network;
    if (milliwatts(preset.device) >= 300'000) guess.flops_per_s = energy::gpu_flops_per_s;
    found = models_.try_emplace(key, guess, observations).first;
  }
  const energy::TimeEstimate time = found->second.estimate({preset.tokens, preset.steps, preset.pixels});
  JobEstimate estimate;
  estimate.seconds = std::max<std::int64_t>(1, std::llround(std::ceil(time.seconds)));
  estimate.setup_seconds = std::llround(std::ceil(time.load_seconds));
  estimate.low = time.low;
  estimate.high = time.high;
  estimate.milliwatts = milliwatts(preset.device);
  estimate.observations = time.observations;
  return estimate;
}

}  // namespace turbodiff::sched
