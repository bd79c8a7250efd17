// Kernel bodies on the CPU emulator.
#pragma once

#include <vector>

#include "block_quant/block_quant_body.cuh"
#include "block_topk/block_topk_body.cuh"
#include "channel_norm/channel_norm_body.cuh"
#include "emulator/device.h"
#include "kvsum/kvsum_body.cuh"
#include "norm/norm_body.cuh"
#include "norm_mod_quant/norm_mod_quant_body.cuh"
#include "qk_norm_rope/qk_norm_rope_body.cuh"
#include "qk_quant/qk_quant_body.cuh"
#include "sagesla_fwd/sagesla_fwd_body.cuh"
#include "v_quant/v_quant_body.cuh"
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

  static void sagesla_fwd(const SageslaParams& p, SlaVariant variant) {
    switch (variant) {
      case SlaVariant::sage_128x64:
        return sagesla_of<SlaVariant::sage_128x64>(p);
      case SlaVariant::sage_64x128:
        return sagesla_of<SlaVariant::sage_64x128>(p);
      case SlaVariant::sage_e4m3_128x64:
        return sagesla_of<SlaVariant::sage_e4m3_128x64>(p);
      case SlaVariant::plain_128x64:
        return sagesla_of<SlaVariant::plain_128x64>(p);
    }
  }

  static void norm_mod_quant(const NormModQuantParams& p) {
    emulator::launch(norm_mod_quant_blocks(p), norm_mod_quant_threads, norm_mod_quant_shared_bytes,
                     [&](unsigned char* shared) { norm_mod_quant_body(p, shared); });
  }
  static void block_topk(const BlockTopkParams& p) {
    emulator::launch(p.lists, block_topk_threads, block_topk_shared_bytes(p),
                     [&](unsigned char* shared) { block_topk_body(p, shared); });
  }
  static void block_quant(const BlockQuantParams& p) {
    emulator::launch(block_quant_blocks(p), block_quant_threads, block_quant_shared_bytes,
                     [&](unsigned char* shared) {
                       p.type == Storage::f32 ? block_quant_body<float>(p, shared)
                                              : block_quant_body<std::uint16_t>(p, shared);
                     });
  }
  static void layer_norm(const LayerNormParams& p) {
    with_element(p.out_type, [&](auto out) {
      emulator::launch(p.rows, norm_threads, norm_shared_bytes,
                       [&](unsigned char* shared) { layer_norm_body<decltype(out)>(p, shared); });
    });
  }
  static void rms_norm(const RmsNormParams& p) {
    with_element(p.x_type, [&](auto in) {
      with_element(p.out_type, [&](auto out) {
        emulator::launch(p.rows, norm_threads, norm_shared_bytes, [&](unsigned char* shared) {
          rms_norm_body<decltype(in), decltype(out)>(p, shared);
        });
      });
    });
  }
  static void channel_norm(const ChannelNormParams& p) {
    p.type == Storage::f32 ? channel_norm_of<float>(p) : channel_norm_of<std::uint16_t>(p);
  }
  static void qk_norm_rope(const QkNormRopeParams& p) {
    emulator::launch(
        qk_norm_rope_blocks(p), qk_norm_rope_threads, qk_norm_rope_shared_bytes, [&](unsigned char* shared) {
          p.block_rows == 128 ? qk_norm_rope_body<128>(p, shared) : qk_norm_rope_body<64>(p, shared);
        });
  }
  static void qk_quant(const QkQuantParams& p) {
    emulator::launch(qk_quant_blocks(p), qk_quant_threads, 0, [&](unsigned char*) { qk_pool_body(p); });
    qk_quant_pooled(p);
  }
  static void qk_quant_pooled(const QkQuantParams& p) {
    emulator::launch(p.batch * p.heads, qk_quant_threads, 0, [&](unsigned char*) { qk_total_body(p); });
    emulator::launch(qk_quant_blocks(p), qk_quant_threads, qk_quant_shared_bytes,
                     [&](unsigned char* shared) { qk_quant_body(p, shared); });
  }
  static void v_quant(const VQuantParams& p) {
    const std::int64_t heads = p.batch * p.heads;
    emulator::launch(heads * v_quant_shares(p), v_quant_threads, 0,
                     [&](unsigned char*) { v_largest_body(p); });
    emulator::launch(heads * v_quant_blocks(p), v_quant_threads, v_quant_shared_bytes,
                     [&](unsigned char* shared) { v_quant_body(p, shared); });
  }
  static void kvsum(const KvsumParams& p) {
    emulator::launch(p.batch * p.heads * kvsum_shares(p), kvsum_threads, kvsum_shared_bytes,
                     [&](unsigned char* shared) { kvsum_part_body(p, shared); });
    emulator::launch(p.batch * p.heads, kvsum_threads, kvsum_shared_bytes,
                     [&](unsigned char* shared) { kvsum_reduce_body(p, shared); });
  }

 private:
  template <typename Element>
  static void channel_norm_of(const ChannelNormParams& p) {
    with_channel_norm_pieces(p, [&](auto pieces) {
      constexpr int count = decltype(pieces)::value;
      emulator::launch(channel_norm_blocks<count>(p), channel_norm_threads, 0,
                       [&](unsigned char*) { channel_norm_body<Element, count>(p); });
    });
  }
  template <SlaVariant Variant>
  static void sagesla_of(const SageslaParams& p) {
    using Shape = SageslaShape<Variant>;
    emulator::launch(Shape::blocks(p), Shape::threads, Shape::shared_bytes,
                     [&](unsigned char* shared) { sagesla_fwd_body<Variant>(p, shared); });
  }
};

}  // namespace turbodiff::kernels
