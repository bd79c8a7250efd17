#include "ops/emulated_kernels.h"

#include "kernels/backend_emulator.h"

namespace turbodiff::testing {

using kernels::Emulator;

void EmulatedKernels::block_quant(const kernels::BlockQuantParams& p) const {
  Emulator::block_quant(p);
  ++quantised;
}
void EmulatedKernels::norm_mod_quant(const kernels::NormModQuantParams& p) const {
  Emulator::norm_mod_quant(p);
  ++quantised;
}
void EmulatedKernels::w8a8_gemm(const kernels::W8a8Params& p, kernels::W8a8Epilogue epilogue) const {
  Emulator::w8a8_gemm(p, epilogue);
  ++multiplied;
}
void EmulatedKernels::qk_norm_rope(const kernels::QkNormRopeParams& p) const {
  Emulator::qk_norm_rope(p);
}
void EmulatedKernels::qk_quant(const kernels::QkQuantParams& p) const {
  Emulator::qk_quant(p);
}
void EmulatedKernels::qk_quant_pooled(const kernels::QkQuantParams& p) const {
  Emulator::qk_quant_pooled(p);
}
void EmulatedKernels::block_topk(const kernels::BlockTopkParams& p) const {
  Emulator::block_topk(p);
}
void EmulatedKernels::v_quant(const kernels::VQuantParams& p) const {
  Emulator::v_quant(p);
}
void EmulatedKernels::kvsum(const kernels::KvsumParams& p) const {
  Emulator::kvsum(p);
}
void EmulatedKernels::sagesla_fwd(const kernels::SageslaParams& p, kernels::SlaVariant variant) const {
  Emulator::sagesla_fwd(p, variant);
  ++attended;
}
void EmulatedKernels::layer_norm(const kernels::LayerNormParams& p) const {
  Emulator::layer_norm(p);
  ++normed;
}
void EmulatedKernels::rms_norm(const kernels::RmsNormParams& p) const {
  Emulator::rms_norm(p);
  ++normed;
}
void EmulatedKernels::channel_norm(const kernels::ChannelNormParams& p) const {
  Emulator::channel_norm(p);
  ++normed;
}

}  // namespace turbodiff::testing
