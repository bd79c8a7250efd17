// Kernels on the device. The same arrays and calls as backend_emulator.h.
#pragma once

#include <vector>

#include "block_quant/block_quant.h"
#include "block_topk/block_topk.h"
#include "channel_norm/channel_norm.h"
#include "common/check.h"
#include "kvsum/kvsum.h"
#include "norm/norm.h"
#include "norm_mod_quant/norm_mod_quant.h"
#include "qk_norm_rope/qk_norm_rope.h"
#include "qk_quant/qk_quant.h"
#include "sagesla_fwd/sagesla_fwd.h"
#include "v_quant/v_quant.h"
#include "w8a8_gemm/w8a8_gemm.h"

namespace turbodiff::kernels {

struct Device {
  template <typename T>
  class Array {
   public:
    explicit Array(const std::vector<T>& values) : size_(values.size()) {
      void* data = nullptr;
      check(cudaMalloc(&data, size_ * sizeof(T)), "cudaMalloc");
      data_ = static_cast<T*>(data);
      check(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    ~Array() { cudaFree(data_); }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    T* get() { return data_; }
    std::vector<T> values() const {
      std::vector<T> host(size_);
      check(cudaMemcpy(host.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
      return host;
    }

   private:
    T* data_ = nullptr;
    std::size_t size_;
  };

  static void w8a8_gemm(const W8a8Params& p, W8a8Epilogue epilogue) {
    kernels::w8a8_gemm(p, epilogue, nullptr);
  }
  static void sagesla_fwd(const SageslaParams& p, SlaVariant variant) {
    kernels::sagesla_fwd(p, variant, nullptr);
  }
  static void norm_mod_quant(const NormModQuantParams& p) { kernels::norm_mod_quant(p, nullptr); }
  static void block_topk(const BlockTopkParams& p) { kernels::block_topk(p, nullptr); }
  static void qk_quant(const QkQuantParams& p) { kernels::qk_quant(p, nullptr); }
  static void qk_quant_pooled(const QkQuantParams& p) { kernels::qk_quant_pooled(p, nullptr); }
  static void qk_norm_rope(const QkNormRopeParams& p) { kernels::qk_norm_rope(p, nullptr); }
  static void block_quant(const BlockQuantParams& p) { kernels::block_quant(p, nullptr); }
  static void channel_norm(const ChannelNormParams& p) { kernels::channel_norm(p, nullptr); }
  static void layer_norm(const LayerNormParams& p) { kernels::layer_norm(p, nullptr); }
  static void rms_norm(const RmsNormParams& p) { kernels::rms_norm(p, nullptr); }
  static void v_quant(const VQuantParams& p) { kernels::v_quant(p, nullptr); }
  static void kvsum(const KvsumParams& p) { kernels::kvsum(p, nullptr); }
};

}  // namespace turbodiff::kernels
