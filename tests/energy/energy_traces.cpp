// energy_traces COUNT [SEED]: many more traces than the tests run; prints the worst errors by fault.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "trace_machine.h"

int main(int argc, char** argv) {
  using namespace turbodiff::testing;
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  struct Row {
    std::uint64_t traces = 0, failed = 0;
    double job = 0, total = 0;
  };
  std::array<Row, static_cast<std::size_t>(Fault::count)> rows;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const TraceResult result = run_trace(seed, FAKE_NVML);
    Row& row = rows[static_cast<std::size_t>(result.fault)];
    ++row.traces;
    row.job = std::max(row.job, result.worst_job_error);
    row.total = std::max(row.total, result.total_error);
    if (result.problem.empty()) continue;
    ++row.failed;
    if (++failed <= 20) fmt::print("seed {}, {}: {}\n", seed, name_of(result.fault), result.problem);
  }
  fmt::print("{:<24} {:>7} {:>7} {:>16} {:>16}\n", "fault", "traces", "failed", "worst job error",
             "machine error");
  for (std::size_t i = 0; i < rows.size(); ++i)
    fmt::print("{:<24} {:>7} {:>7} {:>14.4f} % {:>14.4f} %\n", name_of(static_cast<Fault>(i)), rows[i].traces,
               rows[i].failed, 100 * rows[i].job, 100 * rows[i].total);
  return failed == 0 ? 0 : 1;
}
