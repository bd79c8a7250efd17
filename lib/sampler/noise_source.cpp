#include "sampler/noise_source.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "weights/tensor_source.h"

namespace turbodiff::sampler {

namespace {
at::Tensor read(const weights::TensorView& view) {
  at::Tensor values = at::empty(view.shape, at::kFloat);
  weights::read_as_f32(view, values.mutable_data_ptr<float>());
  return values;
}

void require_shape(const weights::TensorView& view, const std::filesystem::path& path,
                   const std::vector<std::int64_t>& expected, bool any_first) {
  const bool same = view.shape.size() == expected.size() &&
                    std::equal(view.shape.begin() + (any_first ? 1 : 0), view.shape.end(),
                               expected.begin() + (any_first ? 1 : 0));
  if (!same)
    throw Error::bad_request(fmt::format("tensor '{}' in '{}' is [{}], this request needs [{}]", view.name,
                                         path.string(), fmt::join(view.shape, ", "),
                                         fmt::join(expected, ", ")));
}
}  // namespace

NoiseSource NoiseSource::seeded(std::uint64_t seed, at::Device device) {
  at::Generator generator = device.is_cpu() ? at::detail::createCPUGenerator(seed)
                                            : at::globalContext().defaultGenerator(device).clone();
  if (!device.is_cpu()) generator.set_current_seed(seed);
  return NoiseSource(std::move(generator));
}

NoiseSource NoiseSource::from_file(const std::filesystem::path& path, const Shape& shape,
                                   std::uint64_t seed) {
  NoiseSource source = seeded(seed);
  const auto file = weights::TensorSource::open(path);
  const auto& noise = file->at("noise");
  require_shape(noise, path, shape, false);
  source.file_noise_ = read(noise);
  if (const auto* steps = file->find("step_noise")) {
    Shape expected{steps->shape.empty() ? 0 : steps->shape.front()};
    expected.insert(expected.end(), shape.begin(), shape.end());
    require_shape(*steps, path, expected, true);
    source.file_step_noise_ = read(*steps);
  }
  return source;
}

at::Tensor NoiseSource::draw(const Shape& shape) {
  return at::randn(shape, generator_, at::TensorOptions().dtype(at::kFloat).device(generator_.device()))
      .cpu();
}

at::Tensor NoiseSource::initial(const Shape& shape) {
  return file_noise_.defined() ? file_noise_ : draw(shape);
}

at::Tensor NoiseSource::step(const Shape& shape, std::size_t step) {
  const auto index = static_cast<std::int64_t>(step);
  if (file_step_noise_.defined() && index < file_step_noise_.size(0)) return file_step_noise_[index];
  return draw(shape);
}

}  // namespace turbodiff::sampler
