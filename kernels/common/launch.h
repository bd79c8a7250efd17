// Launches a kernel with dynamic shared memory and reports errors as exceptions.
#pragma once

#include <cstdint>
#include <limits>

#include "common/check.h"

namespace turbodiff::kernels {

struct LaunchShape {
  std::int64_t blocks;
  int threads;
  std::size_t shared_bytes;
  cudaStream_t stream;
};

/// Error where `pointer`, which is read 16 bytes at a time, is not aligned to 16 bytes.
inline void require_aligned(const char* name, const void* pointer) {
  if (reinterpret_cast<std::uintptr_t>(pointer) % 16 != 0)
    throw std::runtime_error(std::string(name) + ": an operand must start at a multiple of 16 bytes");
}

template <typename Params>
void launch(const char* name, void (*kernel)(Params), const LaunchShape& shape, const Params& params) {
  if (shape.blocks > std::numeric_limits<std::int32_t>::max())
    throw std::runtime_error(std::string(name) + ": too many thread blocks");
  if (shape.shared_bytes > 48 * 1024)
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                               cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shape.shared_bytes)),
          name);
  kernel<<<static_cast<unsigned>(shape.blocks), static_cast<unsigned>(shape.threads), shape.shared_bytes,
           shape.stream>>>(params);
  check(cudaGetLastError(), name);
}

}  // namespace turbodiff::kernels
