// The checks of `turbodiff doctor`.
#pragma once

#include <string>
#include <vector>

#include "cli/program.h"

namespace turbodiff::app {

enum class CheckStatus { ok, warn, fail };

struct Check {
  std::string name;
  CheckStatus status = CheckStatus::ok;
  std::string detail;
  std::string fix;  ///< what to do; empty when all is well
};

/// Program, system, CPU, memory, disk, GPU, encoders, settings, clock, models, cache; never throws for what
/// it finds.
std::vector<Check> run_checks(cli::Program& program);

}  // namespace turbodiff::app
