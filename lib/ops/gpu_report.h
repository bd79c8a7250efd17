// What runs on this project's kernels on a GPU and what on LibTorch's operators: slower, not different.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::ops {

struct GpuOperators {
  std::string name;     ///< "int8 layers"
  std::string trouble;  ///< why LibTorch's are used, in one line; empty where the kernels are
};
struct GpuReport {
  std::vector<GpuOperators> operators;
  std::optional<double> int8_speedup;  ///< int8_speed.h
};
/// Of CUDA device `index`, which is checked and measured if it has not been.
GpuReport gpu_report(std::int8_t index);

}  // namespace turbodiff::ops
