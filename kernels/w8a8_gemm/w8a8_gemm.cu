#include "w8a8_gemm/w8a8_gemm.h"

#include <stdexcept>

#include "common/launch.h"
#include "w8a8_gemm/w8a8_gemm_body.cuh"

namespace turbodiff::kernels {

namespace {
template <W8a8Epilogue Epilogue>
__global__ void __launch_bounds__(w8a8_threads) w8a8_gemm_kernel(W8a8Params p) {
  extern __shared__ __align__(128) unsigned char shared[];
  w8a8_gemm_body<Epilogue>(p, shared);
}
}  // namespace

void w8a8_gemm(const W8a8Params& p, W8a8Epilogue epilogue, cudaStream_t stream) {
  if (p.m < 1 || p.n < 1 || p.k < 1) throw std::runtime_error("w8a8_gemm: sizes must be at least 1");
  if (p.k % 16 == 0)
    for (const void* operand : {p.x, p.weight}) require_aligned("w8a8_gemm", operand);
  const LaunchShape shape{w8a8_blocks(p), w8a8_threads, w8a8_shared_bytes, stream};
  switch (epilogue) {
    case W8a8Epilogue::store:
      if (p.out == nullptr) throw std::runtime_error("w8a8_gemm: no output");
      return launch("w8a8_gemm", w8a8_gemm_kernel<W8a8Epilogue::store>, shape, p);
    case W8a8Epilogue::requantise:
      if (p.out_q == nullptr || p.out_scale == nullptr) throw std::runtime_error("w8a8_gemm: no output");
      return launch("w8a8_gemm", w8a8_gemm_kernel<W8a8Epilogue::requantise>, shape, p);
    case W8a8Epilogue::residual:
      if (p.residual == nullptr || p.rows_per_group < 1) throw std::runtime_error("w8a8_gemm: no residual");
      return launch("w8a8_gemm", w8a8_gemm_kernel<W8a8Epilogue::residual>, shape, p);
  }
}

}  // namespace turbodiff::kernels
