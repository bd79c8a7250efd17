#include "ops/device/kernels_for.h"

#include <array>
#include <map>
#include <mutex>

#include "ops/device/self_check.h"
#include "ops/device/speed.h"
#include "ops/gpu_report.h"
#include "ops/int8_speed.h"

namespace turbodiff::ops::device {

namespace {

struct CheckedKernels {
  std::unique_ptr<KernelSet> kernels;
  std::array<std::string, group_count> troubles;
};

/// Made and checked at the first call for a device.
const CheckedKernels& checked(c10::DeviceIndex index) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, CheckedKernels> devices;
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = devices.try_emplace(index);
  CheckedKernels& device = place->second;
  if (!fresh) return device;
  device.kernels = make_cuda_kernels(index);
  device.troubles.fill("not built");
  if (!device.kernels) return device;
  const c10::Device here(c10::kCUDA, index);
  for (std::size_t group = 0; group < group_count; ++group)
    device.troubles[group] = self_check(*device.kernels, here, static_cast<Group>(group));
  std::string& slow = device.troubles[static_cast<std::size_t>(Group::e4m3_values)];
  try {
    if (slow.empty() && e4m3_speedup(*device.kernels, 8192, 12, here, measuring_on(here)) < 1)
      slow = "slower than in fp16 here";
  } catch (const std::exception& error) {
    slow = error.what();
  }
  return device;
}

const KernelSet* stand_in = nullptr;

const char* name_of(Group group) {
  switch (group) {
    case Group::norms:
      return "norms";
    case Group::int8_layers:
      return "int8 layers";
    case Group::sla:
      return "sparse-linear attention";
    case Group::e4m3_values:
      return "its values in e4m3";
  }
  return "";
}

}  // namespace

const KernelSet* kernels_for(const at::Tensor& x, Group group) {
  if (x.is_cpu())
    return stand_in != nullptr && (group != Group::e4m3_values || stand_in->has_e4m3()) ? stand_in : nullptr;
  if (!x.is_cuda()) return nullptr;
  const CheckedKernels& device = checked(x.device().index());
  return device.troubles[static_cast<std::size_t>(group)].empty() ? device.kernels.get() : nullptr;
}

StandIn::StandIn(const KernelSet& kernels) {
  stand_in = &kernels;
}
StandIn::~StandIn() {
  stand_in = nullptr;
}

}  // namespace turbodiff::ops::device

namespace turbodiff::ops {

GpuReport gpu_report(std::int8_t index) {
  GpuReport report;
  const auto& troubles = device::checked(index).troubles;
  for (std::size_t group = 0; group < device::group_count; ++group)
    // Without e4m3 nothing is amiss: values are in fp16.
    if (static_cast<device::Group>(group) != device::Group::e4m3_values || troubles[group].empty())
      report.operators.push_back({device::name_of(static_cast<device::Group>(group)), troubles[group]});
  report.int8_speedup = int8_speedup(c10::Device(c10::kCUDA, index));
  return report;
}

}  // namespace turbodiff::ops
