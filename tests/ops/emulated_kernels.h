// The kernels of kernels/ on the CPU emulator, as operators call them.
#pragma once

#include "ops/device/kernel_set.h"

namespace turbodiff::testing {

class EmulatedKernels : public ops::device::KernelSet {
 public:
  bool has_e4m3() const override { return e4m3; }
  void block_quant(const kernels::BlockQuantParams& p) const override;
  void norm_mod_quant(const kernels::NormModQuantParams& p) const override;
  void w8a8_gemm(const kernels::W8a8Params& p, kernels::W8a8Epilogue epilogue) const override;
  void qk_norm_rope(const kernels::QkNormRopeParams& p) const override;
  void qk_quant(const kernels::QkQuantParams& p) const override;
  void qk_quant_pooled(const kernels::QkQuantParams& p) const override;
  void block_topk(const kernels::BlockTopkParams& p) const override;
  void v_quant(const kernels::VQuantParams& p) const override;
  void kvsum(const kernels::KvsumParams& p) const override;
  void sagesla_fwd(const kernels::SageslaParams& p, kernels::SlaVariant variant) const override;
  void layer_norm(const kernels::LayerNormParams& p) const override;
  void rms_norm(const kernels::RmsNormParams& p) const override;
  void channel_norm(const kernels::ChannelNormParams& p) const override;

  bool e4m3 = false;  ///< has_e4m3()
  /// Calls of each, so that a test knows that it tested something.
  mutable int quantised = 0, multiplied = 0, attended = 0, normed = 0;
};

}  // namespace turbodiff::testing
