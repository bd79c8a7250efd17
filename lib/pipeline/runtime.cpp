#include "pipeline/runtime.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/os/system_info.h"
#include "core/os/threads.h"
#include "ops/cpu/block_cache.h"

namespace turbodiff::pipeline {

namespace {

/// A thread is worth starting for about this much work in one evaluation.
constexpr double flops_per_thread = 2e9;
/// Older cuDNN needs many times the memory for bf16 3-D convolutions.
constexpr long oldest_cudnn = 91500;
/// Bounds of the memory kept for reuse.
constexpr std::size_t least_kept = std::size_t{64} << 20, most_kept = std::size_t{4} << 30;

at::Device choose_device(const spec::DeviceChoice& choice) {
  using Kind = spec::DeviceChoice::Kind;
  if (choice.kind == Kind::cpu || (choice.kind == Kind::automatic && !cuda_available())) return at::kCPU;
  if (!cuda_available())
    throw Error::bad_request(fmt::format("--device {}: this build has no CUDA, or no CUDA device answers",
                                         spec::to_string(choice)),
                             "run 'make FLAVOUR=cuda' on a machine with a GPU, or use --device cpu");
  const int count = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
  if (choice.index >= count)
    throw Error::bad_request(
        fmt::format("--device {}: this machine has {} CUDA device(s)", spec::to_string(choice), count),
        "turbodiff doctor lists them");
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(choice.index));
}

at::ScalarType choose_type(spec::Precision precision, at::Device device) {
  switch (precision) {
    case spec::Precision::bf16:
      return at::kBFloat16;
    case spec::Precision::fp16:
      return at::kHalf;
    case spec::Precision::fp32:
      return at::kFloat;
    case spec::Precision::automatic:
      break;
  }
  if (device.is_cuda()) return at::kBFloat16;
  const core::CpuInfo cpu = core::cpu_info();
  return cpu.has("avx512_bf16") || cpu.has("amx_bf16") ? at::kBFloat16 : at::kFloat;
}

}  // namespace

std::string Runtime::device_name() const {
  return device.is_cuda() ? device.str() : "cpu";
}

std::string Runtime::type_name() const {
  return type == at::kBFloat16 ? "bf16" : type == at::kHalf ? "fp16" : "fp32";
}

bool cuda_available() {
  return at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0;
}

Runtime resolve_runtime(const spec::GenerationRequest& request, double flops) {
  Runtime runtime;
  runtime.device = choose_device(request.device);
  runtime.type = choose_type(request.dtype, runtime.device);
  runtime.text_type = runtime.type == at::kHalf ? at::kFloat : runtime.type;
  const double useful = std::max(1.0, std::ceil(flops / flops_per_thread));
  if (request.threads > 0)
    runtime.threads = request.threads;
  else if (const auto wanted = core::wanted_threads())
    runtime.threads = *wanted;
  else
    runtime.threads = static_cast<int>(std::min<double>(core::default_threads(), useful));
  return runtime;
}

void apply(const Runtime& runtime) {
  at::set_num_threads(runtime.threads);
  if (runtime.device.is_cpu())
    ops::cpu::install_block_cache(
        std::clamp<std::size_t>(core::memory_info().total_bytes / 16, least_kept, most_kept));
  if (!runtime.device.is_cuda()) return;
  const long version = at::detail::getCUDAHooks().versionRuntimeCuDNN();
  if (version < oldest_cudnn)
    throw Error::bad_request(
        fmt::format("cuDNN {} is too old for 3-D convolutions in bf16, {} or newer is needed", version,
                    oldest_cudnn),
        "run 'make FLAVOUR=cuda', which installs a newer one");
}

}  // namespace turbodiff::pipeline
