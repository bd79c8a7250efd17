// The operators that make TurboDiffusion fast, each compared with the one it replaces, on the shapes of
// Wan2.1 1.3B.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bench/measurement.h"
#include "spec/generation_request.h"

namespace turbodiff::bench {

struct OpBenchmarkInputs {
  std::int64_t tokens = 32760;  ///< 832x480, 81 frames
  std::int64_t heads = 12, head_dim = 128;
  double sla_topk = 0.1;
  int repeats = 3;
  int threads = 0;
};

/// On the CPU in bf16, or fp32 where it has no bf16 products: linear layers and the same in int8 (input
/// quantised within the time), torch's attention, full attention, SLA and SageSLA. Each result is compared
/// with the same operator computed plainly in fp32 (for full attention, some of its rows in fp64) before its
/// time counts. `on_result` is called as they come. Error work_failed where a result is off, interrupted
/// after a signal.
std::vector<Measurement> run_op_benchmarks(const OpBenchmarkInputs& inputs,
                                           const std::function<void(const Measurement&)>& on_result = {});

}  // namespace turbodiff::bench
