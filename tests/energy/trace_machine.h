// A machine whose power over time is known exactly, with meters that fail as real ones do, run through the
// real probes: NVML's interface by a library that stands for it, RAPL by files.
#pragma once

#include <cstdint>
#include <string>

namespace turbodiff::testing {

enum class Fault {
  none,
  no_counter,    ///< the GPU has power readings only
  gpu_reset,     ///< the counter begins anew in mid-job
  gpu_wrap,      ///< at 32 bits
  gpu_away,      ///< lost for a while, the counter goes on
  gpu_reloaded,  ///< lost for a while, the counter begins anew
  gpu_lost,      ///< lost until the end
  rapl_wrap,
  rapl_reset,
  rapl_away,     ///< cannot be read for a while
  disagreement,  ///< the power readings are 8 % high
  count
};
const char* name_of(Fault fault);

struct TraceResult {
  Fault fault = Fault::none;
  std::string problem;         ///< empty when all is as it must be
  double worst_job_error = 0;  ///< relative, of the jobs whose energy can be known
  double total_error = 0;      ///< relative, of the machine
};

/// One trace: idle, a job with the fault in it, idle, a second job, idle.
TraceResult run_trace(std::uint64_t seed, const std::string& fake_nvml);

}  // namespace turbodiff::testing
