// Operands of kernels that take several element types.
#pragma once

#include "common/storage.h"
#include "outcome.h"

namespace turbodiff::kernels {

inline const char* name_of(Storage type) {
  return type == Storage::f32 ? "fp32" : type == Storage::bf16 ? "bf16" : "fp16";
}
constexpr Storage storages[] = {Storage::f32, Storage::bf16, Storage::f16};

/// An operand in one of the element types, at home and on the backend.
template <typename Backend>
class Operand {
 public:
  Operand(const std::vector<float>& values, Storage type)
      : type_(type), wide_(values), narrow_(bits(values)) {}

  void* there() {
    return type_ == Storage::f32 ? static_cast<void*>(there_wide_.get())
                                 : static_cast<void*>(there_narrow_.get());
  }
  void* here() {
    return type_ == Storage::f32 ? static_cast<void*>(wide_.data()) : static_cast<void*>(narrow_.data());
  }
  /// What is there against what is here.
  Difference compare() const {
    return type_ == Storage::f32 ? difference(there_wide_.values(), wide_)
                                 : difference(floats(there_narrow_.values()), floats(narrow_));
  }

 private:
  std::vector<std::uint16_t> bits(const std::vector<float>& values) const {
    std::vector<std::uint16_t> all;
    for (const float v : values)
      all.push_back(type_ == Storage::f16 ? reference::to_half(v) : reference::to_bf16(v));
    return all;
  }
  std::vector<float> floats(const std::vector<std::uint16_t>& all) const {
    std::vector<float> values;
    for (const std::uint16_t b : all)
      values.push_back(type_ == Storage::f16 ? reference::from_half(b) : reference::from_bf16(b));
    return values;
  }

  Storage type_;
  std::vector<float> wide_;
  std::vector<std::uint16_t> narrow_;
  typename Backend::template Array<float> there_wide_{wide_};
  typename Backend::template Array<std::uint16_t> there_narrow_{narrow_};
};

}  // namespace turbodiff::kernels
