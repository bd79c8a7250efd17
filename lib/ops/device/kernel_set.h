// The kernels of kernels/ as operators call them, on a GPU or, in tests, on the emulator. Pointers are those
// of the tensors' device; calls return once the work is queued. Internal to lib/ops.
#pragma once

#include "block_quant/params.h"
#include "block_topk/params.h"
#include "channel_norm/params.h"
#include "kvsum/params.h"
#include "norm/params.h"
#include "norm_mod_quant/params.h"
#include "qk_norm_rope/params.h"
#include "qk_quant/params.h"
#include "sagesla_fwd/params.h"
#include "v_quant/params.h"
#include "w8a8_gemm/params.h"

namespace turbodiff::ops::device {

/// Each as the function of the same name in kernels/. Error work_failed.
class KernelSet {
 public:
  KernelSet() = default;
  virtual ~KernelSet() = default;
  KernelSet(const KernelSet&) = delete;
  KernelSet& operator=(const KernelSet&) = delete;

  /// Whether there are e4m3 products, which one variant of sagesla_fwd uses.
  virtual bool has_e4m3() const = 0;

  virtual void block_quant(const kernels::BlockQuantParams& p) const = 0;
  virtual void norm_mod_quant(const kernels::NormModQuantParams& p) const = 0;
  virtual void w8a8_gemm(const kernels::W8a8Params& p, kernels::W8a8Epilogue epilogue) const = 0;
  virtual void qk_norm_rope(const kernels::QkNormRopeParams& p) const = 0;
  virtual void qk_quant(const kernels::QkQuantParams& p) const = 0;
  virtual void qk_quant_pooled(const kernels::QkQuantParams& p) const = 0;
  virtual void block_topk(const kernels::BlockTopkParams& p) const = 0;
  virtual void v_quant(const kernels::VQuantParams& p) const = 0;
  virtual void kvsum(const kernels::KvsumParams& p) const = 0;
  virtual void sagesla_fwd(const kernels::SageslaParams& p, kernels::SlaVariant variant) const = 0;
  virtual void layer_norm(const kernels::LayerNormParams& p) const = 0;
  virtual void rms_norm(const kernels::RmsNormParams& p) const = 0;
  virtual void channel_norm(const kernels::ChannelNormParams& p) const = 0;
};

}  // namespace turbodiff::ops::device
