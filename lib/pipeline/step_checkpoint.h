// A running generation on the disk, so that it can resume after the last finished step.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace turbodiff::pipeline {

/// Everything that the rest of the denoising depends on besides the request: resuming from it gives the same
/// result, bit by bit, as without the interruption.
struct StepState {
  std::size_t steps_done = 0;        ///< of the current sample
  at::Tensor x;                      ///< the sampler's state after them, [1, C, T, H, W] fp64
  std::vector<at::Tensor> finished;  ///< latents of the samples before it, each [1, C, T, H, W] fp32
};

/// Stores the newest StepState in a safetensors file.
class StepCheckpoint {
 public:
  /// `identity` names the generation (recipe and program); a file of another one is not used.
  StepCheckpoint(std::filesystem::path path, std::string identity);

  /// Nothing when there is no file, or it is of another generation or damaged.
  std::optional<StepState> read() const;
  /// The file is on the disk when this returns. Errors as core::OutputFile.
  void write(const StepState& state) const;

 private:
  std::filesystem::path path_;
  std::string identity_;
};

}  // namespace turbodiff::pipeline
