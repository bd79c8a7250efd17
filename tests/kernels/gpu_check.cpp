// gpu_check [--no-bench]: every case of every kernel on the GPU against its reference, then, if all agree, times.
// Exit codes: 0, 1 a result is wrong, 77 no GPU. Built by scripts/gpu-check.sh with nvcc alone.
#include <cstring>
#include <exception>

#include "all_cases.h"
#include "backend_cuda.h"
#include "gpu_bench.h"
#include "gpu_row_bench.h"

using namespace turbodiff::kernels;

namespace {
int run(bool bench) {
  cudaDeviceProp device{};
  check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  std::printf("GPU: %s, compute capability %d.%d, %.1f GiB\n", device.name, device.major, device.minor,
              static_cast<double>(device.totalGlobalMem) / (1 << 30));
  int count = 0, wrong = 0;
  run_all_cases<Device>([&](const Outcome& outcome) {
    ++count;
    wrong += !outcome.ok;
    if (!outcome.ok) std::printf("WRONG  %s: %s\n", outcome.name.c_str(), outcome.detail.c_str());
  });
  std::printf("cases: %d, wrong: %d\n", count, wrong);
  if (wrong > 0) return 1;
  if (!bench) return 0;
  bool ok = bench_w8a8(32760, 1536, 1536);
  ok &= bench_w8a8(32760, 8960, 1536);
  ok &= bench_w8a8(32760, 1536, 8960);
  for (const SlaVariant variant : sla_variants) ok &= bench_sagesla(32760, 12, 0.1, variant);
  RowBench(32760, 12).run();
  return ok ? 0 : 1;
}
}  // namespace

int main(int argc, char** argv) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("gpu_check: no CUDA device, nothing checked\n");
    return 77;
  }
  try {
    return run(argc < 2 || std::strcmp(argv[1], "--no-bench") != 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpu_check: %s\n", error.what());
    return 1;
  }
}
