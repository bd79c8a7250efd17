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
  std::string fix;  ///< what to do; empty when the check passed
};

/// Checks program, system, CPU, memory, disk, GPU, encoders, settings, clock, models and cache; never throws
/// because of a finding.
std::vector<Check> run_checks(cli::Program& program);

}  // namespace turbodiff::app
