// Turns a checkpoint's views into tensors of the type and device a network computes in.
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

/// Loads named tensors. On the CPU a tensor that already has the wanted type is used where it lies in the
/// mapped file, without a copy. With a log that only looks up, every tensor has its shape and no memory, and
/// what does not fit goes to the log.
class Parameters {
 public:
  Parameters(weights::Checkpoint checkpoint, at::ScalarType compute_type, at::Device device,
             std::shared_ptr<TensorLog> log = nullptr);
  /// Looks up into `log` only.
  static Parameters looking_up(weights::Checkpoint checkpoint, std::shared_ptr<TensorLog> log);

  /// A size may be any_size.
  using Shape = std::vector<std::int64_t>;
  /// In the compute type. Error bad_request naming tensor and file when missing, of another shape, or of
  /// elements that are no floating-point numbers.
  at::Tensor get(const std::string& name, const Shape& shape) const;
  /// In fp32, for norms, modulations and what the reference computes in fp32.
  at::Tensor get_f32(const std::string& name, const Shape& shape) const;
  /// `size` values in fp32, whose other dimensions are 1, as [size].
  at::Tensor get_vector(const std::string& name, std::int64_t size) const;
  /// int8 values as they are stored. Error bad_request also where they are of another type.
  at::Tensor get_int8(const std::string& name, const Shape& shape) const;
  /// In fp32 or bf16: bf16 where that is what the file holds.
  at::Tensor get_stored(const std::string& name, const Shape& shape) const;
  /// Where the tensor lies. Error as get(); null where it does not fit and is only looked up.
  const weights::TensorView* find(const std::string& name, const Shape& shape,
                                  ElementKind kind = ElementKind::floating) const;
  /// True where nothing may be computed from the tensors.
  bool only_looks_up() const { return log_ && log_->look_up_only; }
  bool contains(const std::string& name) const { return checkpoint_.contains(name); }
  const weights::Checkpoint& checkpoint() const { return checkpoint_; }
  at::ScalarType compute_type() const { return compute_type_; }
  at::Device device() const { return device_; }
  /// Gives the file pages of every tensor whose name starts with `prefix` back to the system.
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
