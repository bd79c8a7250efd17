#include "testing.h"
#include "trace_machine.h"

using namespace turbodiff::testing;

TEST_CASE(
    "300 traces with known integrals and meters that fail: jobs within 0.5 %, sums exact, faults flagged") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const TraceResult result = run_trace(seed, FAKE_NVML);
    CHECK_MESSAGE(result.problem.empty(),
                  "seed " << seed << ", " << std::string(name_of(result.fault)) << ": " << result.problem);
  }
}
