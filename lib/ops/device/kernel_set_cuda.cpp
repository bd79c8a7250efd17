// The kernels on a CUDA device: on the current stream of LibTorch, errors as the project's.
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "block_quant/block_quant.h"
#include "block_topk/block_topk.h"
#include "channel_norm/channel_norm.h"
#include "common/check.h"
#include "core/error.h"
#include "kvsum/kvsum.h"
#include "norm/norm.h"
#include "norm_mod_quant/norm_mod_quant.h"
#include "ops/device/kernels_for.h"
#include "qk_norm_rope/qk_norm_rope.h"
#include "qk_quant/qk_quant.h"
#include "sagesla_fwd/sagesla_fwd.h"
#include "v_quant/v_quant.h"
#include "w8a8_gemm/w8a8_gemm.h"

namespace turbodiff::ops::device {

namespace {

class CudaKernels : public KernelSet {
 public:
  explicit CudaKernels(c10::DeviceIndex index) : index_(index) {}

  bool has_e4m3() const override {
    int major = 0, minor = 0;
    kernels::check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index_),
                   "cudaDeviceGetAttribute");
    kernels::check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, index_),
                   "cudaDeviceGetAttribute");
    return major > 8 || (major == 8 && minor >= 9);
  }

  void block_quant(const kernels::BlockQuantParams& p) const override { run(kernels::block_quant, p); }
  void norm_mod_quant(const kernels::NormModQuantParams& p) const override {
    run(kernels::norm_mod_quant, p);
  }
  void w8a8_gemm(const kernels::W8a8Params& p, kernels::W8a8Epilogue epilogue) const override {
    run(kernels::w8a8_gemm, p, epilogue);
  }
  void qk_norm_rope(const kernels::QkNormRopeParams& p) const override { run(kernels::qk_norm_rope, p); }
  void qk_quant(const kernels::QkQuantParams& p) const override { run(kernels::qk_quant, p); }
  void qk_quant_pooled(const kernels::QkQuantParams& p) const override { run(kernels::qk_quant_pooled, p); }
  void block_topk(const kernels::BlockTopkParams& p) const override { run(kernels::block_topk, p); }
  void v_quant(const kernels::VQuantParams& p) const override { run(kernels::v_quant, p); }
  void kvsum(const kernels::KvsumParams& p) const override { run(kernels::kvsum, p); }
  void sagesla_fwd(const kernels::SageslaParams& p, kernels::SlaVariant variant) const override {
    run(kernels::sagesla_fwd, p, variant);
  }
  void layer_norm(const kernels::LayerNormParams& p) const override { run(kernels::layer_norm, p); }
  void rms_norm(const kernels::RmsNormParams& p) const override { run(kernels::rms_norm, p); }
  void channel_norm(const kernels::ChannelNormParams& p) const override { run(kernels::channel_norm, p); }

 private:
  template <typename Launch, typename... Arguments>
  void run(const Launch& launch, const Arguments&... arguments) const {
    const c10::cuda::CUDAGuard guard(index_);
    try {
      launch(arguments..., c10::cuda::getCurrentCUDAStream(index_));
    } catch (const std::runtime_error& error) {
      throw Error::work_failed(error.what());
    }
  }

  c10::DeviceIndex index_;
};

}  // namespace

std::unique_ptr<KernelSet> make_cuda_kernels(c10::DeviceIndex index) {
  return std::make_unique<CudaKernels>(index);
}

}  // namespace turbodiff::ops::device
