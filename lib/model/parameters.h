// Converts a checkpoint's views into tensors of a network's compute type and device.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "model/tensor_log.h"
#include "weights/checkpoint.h"

namespace turbodiff::model {

at::ScalarType scalar_type_of(Dtype dtype);

/// A tensor over the view's memory, which it keeps alive. Only for plain (not block-quantised) views; a view
/// that is not aligned to its element size is copied.
at::Tensor wrap(const weights::TensorView& view);

/// Loads named tensors. On the CPU a tensor that already has the wanted type is used in the mapped file,
/// without a copy. With a log that only looks up, every tensor has its shape and no memory, and mismatches
/// are recorded in the log.
class Parameters {
 public:
  Parameters(weights::Checkpoint checkpoint, at::ScalarType compute_type, at::Device device,
             std::shared_ptr<TensorLog> log = nullptr);
  /// Parameters that only look tensors up, and record them in `log`.
  static Parameters looking_up(weights::Checkpoint checkpoint, std::shared_ptr<TensorLog> log);

  /// A dimension may be any_size.
  using Shape = std::vector<std::int64_t>;
  /// The tensor in the compute type. Error bad_request naming tensor and file when it is missing, of another
  /// shape, or not of floating-point numbers.
  at::Tensor get(const std::string& name, const Shape& shape) const;
  /// The tensor in fp32: for norms, modulations and what the reference computes in fp32.
  at::Tensor get_f32(const std::string& name, const Shape& shape) const;
  /// `size` values in fp32, whose other dimensions are 1, as [size].
  at::Tensor get_vector(const std::string& name, std::int64_t size) const;
  /// The stored int8 values. Error bad_request also where they are of another type.
  at::Tensor get_int8(const std::string& name, const Shape& shape) const;
  /// The tensor in fp32 or bf16: bf16 where the file stores bf16.
  at::Tensor get_stored(const std::string& name, const Shape& shape) const;
  /// The view of the tensor. Error as get(); null where it does not fit and is only looked up.
  const weights::TensorView* find(const std::string& name, const Shape& shape,
                                  ElementKind kind = ElementKind::floating) const;
  /// Whether tensors are only looked up, so that nothing may be computed from them.
  bool only_looks_up() const { return log_ && log_->look_up_only; }
  bool contains(const std::string& name) const { return checkpoint_.contains(name); }
  const weights::Checkpoint& checkpoint() const { return checkpoint_; }
  at::ScalarType compute_type() const { return compute_type_; }
  at::Device device() const { return device_; }
  /// Releases the file pages of every tensor whose name starts with `prefix`.
  void drop_pages(const std::string& prefix) const;

 private:
  at::Tensor load(const std::string& name, const Shape& shape, at::ScalarType type) const;
  at::Tensor placeholder(const weights::TensorView* view, const Shape& shape, at::ScalarType type) const;
  weights::Checkpoint checkpoint_;
  at::ScalarType compute_type_;
  at::Device device_;
  std::shared_ptr<TensorLog> log_;
};

}  // namespace turbodiff::model
