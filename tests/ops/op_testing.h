// What the operator tests share: every case runs on each device there is, in each element type.
#pragma once

#include <string>
#include <vector>

#include "testing.h"

namespace turbodiff::testing {

inline std::vector<at::Device> devices() {
  std::vector<at::Device> all{at::kCPU};
  if (at::hasCUDA() && at::globalContext().hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0)
    all.push_back(at::Device(at::kCUDA, 0));
  return all;
}

/// ||a - b|| / ||b|| in fp64.
inline double rel_l2(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.cpu().to(at::kDouble), y = b.cpu().to(at::kDouble);
  return ((x - y).norm() / y.norm().clamp_min(1e-30)).item<double>();
}

/// Rounding of one result to `type`, with some room for the order of summation.
inline double tolerance(at::ScalarType type) {
  return type == at::kFloat ? 2e-6 : type == at::kHalf ? 1e-3 : 4e-3;
}

/// Bit for bit.
inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.cpu().contiguous(), y = b.cpu().contiguous();
  return x.sizes().equals(y.sizes()) && x.scalar_type() == y.scalar_type() &&
         std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

/// True where `make` gives the same bits whatever the number of threads.
template <typename Make>
bool same_with_any_threads(const Make& make) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = make();
  bool same = true;
  for (const int threads : {2, 3, 4, 7}) {
    at::set_num_threads(threads);
    same = same && same_bits(make(), one);
  }
  at::set_num_threads(before);
  return same;
}

/// The values of `x`, beginning `offset` bytes behind a multiple of 64.
inline at::Tensor shifted(const at::Tensor& x, std::int64_t offset) {
  const auto bytes = static_cast<std::int64_t>(x.nbytes());
  const at::Tensor room = at::empty({bytes + 64}, at::kByte);
  return room.narrow(0, offset, bytes).view(x.scalar_type()).view(x.sizes()).copy_(x);
}

/// True where `make` gives the same bits wherever the weights it is given lie, `weights` as they are
/// included.
template <typename Make>
bool same_wherever_it_lies(const std::vector<at::Tensor>& weights, const Make& make) {
  const at::Tensor expected = make(weights);
  bool same = true;
  for (const std::int64_t offset : {4, 8, 16, 24, 32, 56}) {
    std::vector<at::Tensor> moved;
    for (const at::Tensor& weight : weights) moved.push_back(shifted(weight, offset));
    same = same && same_bits(make(moved), expected);
  }
  return same;
}

/// fp32 values from a seeded stream.
inline at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
}

/// Runs `body(device, type)` as a subcase for each device and type.
template <typename Body>
void on_every(std::initializer_list<at::ScalarType> types, const Body& body) {
  for (const at::Device device : devices())
    for (const at::ScalarType type : types) {
      const std::string label = device.str() + " " + c10::toString(type);
      CAPTURE(label);
      body(device, type);
    }
}

}  // namespace turbodiff::testing
