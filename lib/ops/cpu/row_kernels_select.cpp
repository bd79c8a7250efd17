#include "ops/cpu/row_kernels.h"

namespace turbodiff::ops::cpu {

namespace baseline {
extern const RowKernels kernels;
}
#ifdef TURBODIFF_X86_KERNELS
namespace avx2 {
extern const RowKernels kernels;
}
namespace avx512 {
extern const RowKernels kernels;
}
#endif

namespace {
const RowKernels& best() {
#ifdef TURBODIFF_X86_KERNELS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return avx512::kernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::kernels;
#endif
  return baseline::kernels;
}
}  // namespace

const RowKernels& row_kernels() {
  static const RowKernels& chosen = best();
  return chosen;
}

}  // namespace turbodiff::ops::cpu
