// What `generate` prints, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "generator.h"

namespace turbodiff::app {

/// {"path", "seed", "prompt", "frames", "width", "height", "fps", "seconds", "energy", "cost", "currency"};
/// also "seeds" for samples side by side, and "contact_sheet" and "latents" where they were requested. Cost
/// needs a tariff and is null; energy is null when the power is unknown.
nlohmann::ordered_json output_json(const Job& job, const JobResult& result);

/// One job of a dry run; `seconds` is what all its samples are expected to take.
nlohmann::ordered_json plan_json(const JobList& list, const PlannedJob& planned, double seconds);

/// The same as lines for people.
std::string plan_text(const JobList& list, const PlannedJob& planned, double seconds);

/// The warning for a prompt that has `tokens`, more than the model reads; `job` is one of the list.
std::string cut_prompt_line(const JobList& list, const Job& job, std::size_t tokens);

/// A warning when the requested size or length is far from the model's training data: more than 1.25 times or
/// less than half of its pixels or frames (a still picture is accepted). Else nullopt.
std::optional<std::string> beyond_training(const spec::GenerationRequest& request,
                                           const spec::ModelDefaults& defaults);

/// "demo: 96x96, 17 frames, rcm sampler, 4 steps, seed 0, on cpu in bf16 with 2 threads"
std::string start_line(const JobList& list, const PlannedJob& planned);

/// "wrote a.mp4 (96x96, 17 frames, 1.06 s, seed 0) in 3.2 s"
std::string done_line(const Job& job, const JobResult& result);

}  // namespace turbodiff::app
