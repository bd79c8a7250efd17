#include "ops/device/kernels_for.h"

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ops/device/self_check.h"
#include "ops/device/speed.h"
#include "ops/gpu_report.h"
#include "ops/int8/int8_speed.h"

namespace turbodiff::ops::device {

namespace {

struct CheckedKernels {
  std::unique_ptr<KernelSet> kernels;
  std::array<std::optional<std::string>, group_count> troubles;  ///< of groups that were asked for
};

std::string trouble_of(const KernelSet& kernels, c10::Device device, Group group) {
  const std::string wrong = self_check(kernels, device, group);
  if (!wrong.empty() || group != Group::e4m3_values) return wrong;
  try {
    return e4m3_speedup(kernels, 8192, 12, device, measuring_on(device)) < 1 ? "slower than in fp16 here"
                                                                             : "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

struct Verdict {
  const KernelSet* kernels;
  std::string trouble;  ///< empty where they are used
};

/// Of CUDA device `index`; a group is checked when it is first asked for.
Verdict verdict(c10::DeviceIndex index, Group group) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, CheckedKernels> devices;
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = devices.try_emplace(index);
  CheckedKernels& device = place->second;
  if (fresh) device.kernels = make_cuda_kernels(index);
  if (!device.kernels) return {nullptr, "not built"};
  auto& trouble = device.troubles[static_cast<std::size_t>(group)];
  if (!trouble) trouble = trouble_of(*device.kernels, c10::Device(c10::kCUDA, index), group);
  return {device.kernels.get(), *trouble};
}

const KernelSet* scoped_kernels = nullptr;

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
    return scoped_kernels != nullptr && (group != Group::e4m3_values || scoped_kernels->has_e4m3())
               ? scoped_kernels
               : nullptr;
  if (!x.is_cuda()) return nullptr;
  const Verdict found = verdict(x.device().index(), group);
  return found.trouble.empty() ? found.kernels : nullptr;
}

ScopedKernels::ScopedKernels(const KernelSet& kernels) {
  scoped_kernels = &kernels;
}
ScopedKernels::~ScopedKernels() {
  scoped_kernels = nullptr;
}

}  // namespace turbodiff::ops::device

namespace turbodiff::ops {

GpuReport gpu_report(std::int8_t index) {
  GpuReport report;
  for (std::size_t i = 0; i < device::group_count; ++i) {
    const auto group = static_cast<device::Group>(i);
    std::string trouble = device::verdict(index, group).trouble;
    // Without e4m3 nothing is amiss: values are in fp16.
    if (group != device::Group::e4m3_values || trouble.empty())
      report.operators.push_back({device::name_of(group), std::move(trouble)});
  }
  report.int8_speedup = int8_speedup(c10::Device(c10::kCUDA, index), at::kBFloat16);
  return report;
}

}  // namespace turbodiff::ops
