#include "model/parameters.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

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

Parameters::Parameters(weights::Checkpoint checkpoint, at::ScalarType compute_type, at::Device device)
    : checkpoint_(std::move(checkpoint)), compute_type_(compute_type), device_(device) {}

at::Tensor Parameters::load(const weights::TensorView& view, at::ScalarType type) const {
  if (view.block != weights::BlockFormat::none) {
    at::Tensor values = at::empty(view.shape, at::kFloat);
    weights::read_as_f32(view, values.mutable_data_ptr<float>());
    return values.to(device_, type);
  }
  return wrap(view).to(device_, type).contiguous();
}

at::Tensor Parameters::get(const std::string& name, const Shape& shape) const {
  return load(checkpoint_.at(name, shape), compute_type_);
}

at::Tensor Parameters::get_f32(const std::string& name, const Shape& shape) const {
  return load(checkpoint_.at(name, shape), at::kFloat);
}

at::Tensor Parameters::get_int8(const std::string& name, const Shape& shape) const {
  const auto& view = checkpoint_.at(name, shape);
  if (view.block != weights::BlockFormat::none || view.dtype != Dtype::i8)
    throw Error::bad_request(fmt::format("'{}': tensor '{}' is not int8", checkpoint_.path().string(), name),
                             "int8 layers are stored as int8_weight, scale and bias");
  return wrap(view).to(device_).contiguous();
}

at::Tensor Parameters::get_stored(const std::string& name, const Shape& shape) const {
  const auto& view = checkpoint_.at(name, shape);
  const bool bf16 = view.block == weights::BlockFormat::none && view.dtype == Dtype::bf16;
  return load(view, bf16 ? at::kBFloat16 : at::kFloat);
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
