// The noise of a generation: a seeded stream, or a file that replaces it so that results can be compared with
// another implementation.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace turbodiff::sampler {

/// Draws in the order of the reference: the initial noise first, then one tensor per step.
class NoiseSource {
 public:
  using Shape = std::vector<std::int64_t>;

  /// torch's CPU generator (mt19937) in fp32, the same on every device; with a CUDA `device`, torch's CUDA
  /// stream.
  static NoiseSource seeded(std::uint64_t seed, at::Device device = at::kCPU);
  /// safetensors with `noise` [1, C, T, H, W] and optionally `step_noise` [S, 1, C, T, H, W]; steps beyond
  /// those the file has are drawn from `seed`. Error bad_request when the file or a shape is wrong.
  static NoiseSource from_file(const std::filesystem::path& path, const Shape& shape, std::uint64_t seed);

  at::Tensor initial(const Shape& shape);
  at::Tensor step(const Shape& shape, std::size_t step);

 private:
  explicit NoiseSource(at::Generator generator) : generator_(std::move(generator)) {}
  at::Tensor draw(const Shape& shape);
  at::Generator generator_;
  at::Tensor file_noise_, file_step_noise_;
};

}  // namespace turbodiff::sampler
