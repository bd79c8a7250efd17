#include "model/parameters.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "core/error.h"

namespace turbodiff::model {

at::ScalarType scalar_type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return at::kDouble;
    case Dtype::f32:
      return at::kFloat;
    case Dtype::f16:
      return at::kHalf;
    case Dtype::bf16:
      return at::kBFloat16;
    case Dtype::f8_e4m3:
      return at::kFloat8_e4m3fn;
    case Dtype::f8_e5m2:
      return at::kFloat8_e5m2;
    case Dtype::i64:
      return at::kLong;
    case Dtype::i32:
      return at::kInt;
    case Dtype::i16:
      return at::kShort;
    case Dtype::i8:
      return at::kChar;
    case Dtype::u8:
      return at::kByte;
    case Dtype::boolean:
      return at::kBool;
  }
  throw Error::work_failed("unknown element type");
}

at::Tensor wrap(const weights::TensorView& view) {
  weights::require_readable(view);
  const auto options = at::TensorOptions().dtype(scalar_type_of(view.dtype));
  if (!view.aligned()) {
    at::Tensor copy = at::empty(view.shape, options);
    weights::copy_elements(view, static_cast<std::uint8_t*>(copy.data_ptr()));
    return copy;
  }
  return at::from_blob(
      const_cast<std::uint8_t*>(view.data), view.shape, view.strides, [owner = view.owner](void*) {},
      options);
}

Parameters::Parameters(weights::Checkpoint checkpoint, at::ScalarType compute_type, at::Device device,
                       std::shared_ptr<TensorLog> log)
    : checkpoint_(std::move(checkpoint)),
      compute_type_(compute_type),
      device_(device),
      log_(std::move(log)) {}

Parameters Parameters::looking_up(weights::Checkpoint checkpoint, std::shared_ptr<TensorLog> log) {
  log->look_up_only = true;
  return {std::move(checkpoint), at::kFloat, at::kCPU, std::move(log)};
}

const weights::TensorView* Parameters::find(const std::string& name, const Shape& shape,
                                            ElementKind kind) const {
  if (log_) log_->names.insert(name);
  auto misfit = find_misfit(checkpoint_, name, shape, kind);
  if (!misfit) return checkpoint_.find(name);
  if (!only_looks_up()) throw misfit->error;
  log_->misfits.push_back(std::move(*misfit));
  return nullptr;
}

at::Tensor Parameters::placeholder(const weights::TensorView* view, const Shape& shape,
                                   at::ScalarType type) const {
  Shape sizes = view != nullptr ? view->shape : shape;
  for (std::int64_t& size : sizes) size = std::max<std::int64_t>(size, 0);
  return at::empty(sizes, at::TensorOptions().dtype(type).device(at::kMeta));
}

at::Tensor Parameters::load(const std::string& name, const Shape& shape, at::ScalarType type) const {
  const weights::TensorView* view = find(name, shape);
  if (only_looks_up()) return placeholder(view, shape, type);
  if (view->block != weights::BlockFormat::none) {
    at::Tensor values = at::empty(view->shape, at::kFloat);
    weights::read_as_f32(*view, values.mutable_data_ptr<float>());
    return values.to(device_, type);
  }
  return wrap(*view).to(device_, type).contiguous();
}

at::Tensor Parameters::get(const std::string& name, const Shape& shape) const {
  return load(name, shape, compute_type_);
}

at::Tensor Parameters::get_f32(const std::string& name, const Shape& shape) const {
  return load(name, shape, at::kFloat);
}

at::Tensor Parameters::get_vector(const std::string& name, std::int64_t size) const {
  Shape shape{size};
  if (const auto* view = checkpoint_.find(name))
    shape.resize(std::max<std::size_t>(view->shape.size(), 1), 1);
  return get_f32(name, shape).flatten();
}

at::Tensor Parameters::get_int8(const std::string& name, const Shape& shape) const {
  const auto* view = find(name, shape, ElementKind::int8);
  if (only_looks_up()) return placeholder(view, shape, at::kChar);
  return wrap(*view).to(device_).contiguous();
}

at::Tensor Parameters::get_stored(const std::string& name, const Shape& shape) const {
  const auto* view = checkpoint_.find(name);
  const bool bf16 =
      view != nullptr && view->block == weights::BlockFormat::none && view->dtype == Dtype::bf16;
  return load(name, shape, bf16 ? at::kBFloat16 : at::kFloat);
}

void Parameters::drop_pages(const std::string& prefix) const {
  for (const std::string& name : checkpoint_.names()) {
    if (!name.starts_with(prefix)) continue;
    const auto* view = checkpoint_.find(name);
    for (const auto& [file, header] : checkpoint_.source().files()) {
      const auto bytes = file->bytes();
      if (view->data >= bytes.data() && view->data < bytes.data() + bytes.size())
        file->drop_pages(static_cast<std::size_t>(view->data - bytes.data()), view->span_bytes());
    }
  }
}

}  // namespace turbodiff::model
