// Turns a checkpoint's views into tensors of the type and device a network computes in.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/dtype.h"
#include "weights/checkpoint.h"

namespace turbodiff::model {

at::ScalarType scalar_type_of(Dtype dtype);

/// A tensor over the view's memory, which it keeps alive. Only for plain (not block-quantised) views; a view
/// that is not aligned to its element size is copied.
at::Tensor wrap(const weights::TensorView& view);

/// Loads named tensors. On the CPU a tensor that already has the wanted type is used where it lies in the
/// mapped file, without a copy.
class Parameters {
 public:
  Parameters(weights::Checkpoint checkpoint, at::ScalarType compute_type, at::Device device);

  using Shape = std::vector<std::int64_t>;
  /// In the compute type. Error bad_request naming tensor and file when missing or of another shape.
  at::Tensor get(const std::string& name, const Shape& shape) const;
  /// In fp32, for norms, modulations and what the reference computes in fp32.
  at::Tensor get_f32(const std::string& name, const Shape& shape) const;
  /// int8 values as they are stored. Error bad_request also where they are of another type.
  at::Tensor get_int8(const std::string& name, const Shape& shape) const;
  /// In fp32 or bf16: bf16 where that is what the file holds.
  at::Tensor get_stored(const std::string& name, const Shape& shape) const;
  bool contains(const std::string& name) const { return checkpoint_.contains(name); }
  const weights::Checkpoint& checkpoint() const { return checkpoint_; }
  at::ScalarType compute_type() const { return compute_type_; }
  at::Device device() const { return device_; }
  /// Gives the file pages of every tensor whose name starts with `prefix` back to the system.
  void drop_pages(const std::string& prefix) const;

 private:
  at::Tensor load(const weights::TensorView& view, at::ScalarType type) const;
  weights::Checkpoint checkpoint_;
  at::ScalarType compute_type_;
  at::Device device_;
};

}  // namespace turbodiff::model
