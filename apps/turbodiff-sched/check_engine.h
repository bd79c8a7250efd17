// Whether the engine can run new jobs at all.
#pragma once

#include <vector>

#include "cli/program.h"
#include "store/job.h"

namespace turbodiff::app {

/// Lets the engine open each model and plan each kind of request, which reads headers only. A request found
/// valid is remembered under the model's fingerprint and not checked again. Error as the engine's when a job
/// could only fail. Where there is no engine, or it does not answer within `longest_s` seconds, the jobs are
/// added unchecked.
void check_with_engine(cli::Program& program, const std::vector<store::NewJob>& jobs, double longest_s = 120);

}  // namespace turbodiff::app
