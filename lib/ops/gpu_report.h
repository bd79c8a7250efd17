// Which operators use this project's kernels on a GPU and which LibTorch's: slower, not different.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::ops {

struct GpuOperators {
  std::string name;     ///< "int8 layers"
  std::string trouble;  ///< why LibTorch's operators are used, in one line; empty where the kernels are
};
struct GpuReport {
  std::vector<GpuOperators> operators;
  std::optional<double> int8_speedup;  ///< int8_speed.h
};
/// The report on CUDA device `index`, which is checked and measured if it has not been.
GpuReport gpu_report(std::int8_t index);

}  // namespace turbodiff::ops
