#include "ops/cpu/int8_rows.h"

namespace turbodiff::ops::cpu {

#ifdef TURBODIFF_X86_KERNELS
namespace avx512_vnni {
extern const Int8Rows kernels;
}
#endif

const Int8Rows* int8_rows() {
#ifdef TURBODIFF_X86_KERNELS
  static const bool supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                                __builtin_cpu_supports("avx512vnni");
  if (supported) return &avx512_vnni::kernels;
#endif
  return nullptr;
}

}  // namespace turbodiff::ops::cpu
