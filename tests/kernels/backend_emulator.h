// Kernel bodies on the CPU emulator.
#pragma once

#include <vector>

#include "block_topk/block_topk_body.cuh"
#include "emulator/device.h"
#include "kvsum/kvsum_body.cuh"
#include "norm_mod_quant/norm_mod_quant_body.cuh"
#include "qk_quant/qk_quant_body.cuh"
#include "sagesla_fwd/sagesla_fwd_body.cuh"
#include "w8a8_gemm/w8a8_gemm_body.cuh"

namespace turbodiff::kernels {

struct Emulator {
  template <typename T>
  class Array {
   public:
    explicit Array(const std::vector<T>& values) : values_(values) {}
    T* get() { return values_.data(); }
    std::vector<T> values() const { return values_; }

   private:
    std::vector<T> values_;
  };

  static void w8a8_gemm(const W8a8Params& p, W8a8Epilogue epilogue) {
    emulator::launch(w8a8_blocks(p), w8a8_threads, w8a8_shared_bytes, [&](unsigned char* shared) {
      switch (epilogue) {
        case W8a8Epilogue::store:
          return w8a8_gemm_body<W8a8Epilogue::store>(p, shared);
        case W8a8Epilogue::requantise:
          return w8a8_gemm_body<W8a8Epilogue::requantise>(p, shared);
        case W8a8Epilogue::residual:
          return w8a8_gemm_body<W8a8Epilogue::residual>(p, shared);
      }
    });
  }

  static void sagesla_fwd(const SageslaParams& p, SageslaTiling tiling) {
    if (tiling == SageslaTiling::q128_k64)
      sagesla_tiled<SageslaTiling::q128_k64>(p);
    else
      sagesla_tiled<SageslaTiling::q64_k128>(p);
  }

  static void norm_mod_quant(const NormModQuantParams& p) {
    emulator::launch(norm_mod_quant_blocks(p), norm_mod_quant_threads, norm_mod_quant_shared_bytes,
                     [&](unsigned char* shared) { norm_mod_quant_body(p, shared); });
  }
  static void block_topk(const BlockTopkParams& p) {
    emulator::launch(p.lists, block_topk_threads, block_topk_shared_bytes(p),
                     [&](unsigned char* shared) { block_topk_body(p, shared); });
  }
  static void qk_quant(const QkQuantParams& p) {
    emulator::launch(qk_quant_blocks(p), qk_quant_threads, 0, [&](unsigned char*) { qk_pool_body(p); });
    emulator::launch(p.batch * p.heads, qk_quant_threads, 0, [&](unsigned char*) { qk_total_body(p); });
    emulator::launch(qk_quant_blocks(p), qk_quant_threads, qk_quant_shared_bytes,
                     [&](unsigned char* shared) { qk_quant_body(p, shared); });
  }
  static void kvsum(const KvsumParams& p) {
    emulator::launch(p.batch * p.heads * kvsum_shares(p), kvsum_threads, kvsum_shared_bytes,
                     [&](unsigned char* shared) { kvsum_part_body(p, shared); });
    emulator::launch(p.batch * p.heads, kvsum_threads, kvsum_shared_bytes,
                     [&](unsigned char* shared) { kvsum_reduce_body(p, shared); });
  }

 private:
  template <SageslaTiling Tiling>
  static void sagesla_tiled(const SageslaParams& p) {
    using Shape = SageslaShape<Tiling>;
    emulator::launch(Shape::blocks(p), Shape::threads, Shape::shared_bytes,
                     [&](unsigned char* shared) { sagesla_fwd_body<Tiling>(p, shared); });
  }
};

}  // namespace turbodiff::kernels
