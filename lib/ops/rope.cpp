#include "ops/rope.h"

#include <ATen/ATen.h>

#include "ops/one_thread.h"

namespace turbodiff::ops {

namespace {
/// [length, channels / 2]: position * 10000^(-2i / channels)
at::Tensor axis_angles(std::int64_t length, std::int64_t channels) {
  const at::Tensor exponents = at::arange(0, channels, 2, at::kFloat) / static_cast<float>(channels);
  const at::Tensor frequencies = at::reciprocal(at::pow(10000.0, exponents));
  return at::arange(length, at::kFloat).unsqueeze(1) * frequencies;
}
}  // namespace

at::Tensor rope_angles(std::int64_t frames, std::int64_t rows, std::int64_t columns, std::int64_t head_dim) {
  const std::int64_t spatial = head_dim / 6 * 2;
  const std::int64_t temporal = head_dim - 2 * spatial;
  const auto spread = [&](const at::Tensor& angles, std::vector<std::int64_t> shape) {
    shape.push_back(angles.size(1));
    return angles.view(shape).expand({frames, rows, columns, angles.size(1)});
  };
  return at::cat({spread(axis_angles(frames, temporal), {frames, 1, 1}),
                  spread(axis_angles(rows, spatial), {1, rows, 1}),
                  spread(axis_angles(columns, spatial), {1, 1, columns})},
                 -1)
      .reshape({frames * rows * columns, head_dim / 2});
}

RopeTable rope_table(std::int64_t frames, std::int64_t rows, std::int64_t columns, std::int64_t head_dim,
                     at::Device device) {
  // LibTorch's vector functions may differ from its scalar ones at the ends of what each thread is given.
  const OneThread alone;
  const at::Tensor angles = rope_angles(frames, rows, columns, head_dim);
  return {at::cos(angles).to(device), at::sin(angles).to(device)};
}

}  // namespace turbodiff::ops
