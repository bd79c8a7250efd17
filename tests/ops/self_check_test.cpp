// What is found out about kernels before they are used, with kernels on the emulator.
#include "ops/device/self_check.h"
#include "ops/device/speed.h"
#include "ops/emulated_kernels.h"
#include "ops/int8/int8_speed.h"
#include "ops/op_testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using ops::device::Group;

namespace {

/// Kernels of which one gets one value wrong.
class OneWrong : public EmulatedKernels {
 public:
  enum Which {
    block_quant_is,
    norm_mod_quant_is,
    store_is,
    requantise_is,
    residual_is,
    qk_norm_rope_is,
    qk_quant_is,
    qk_pooled_is,
    topk_is,
    kvsum_is,
    sagesla_is,
    v_quant_is,
    layer_norm_is,
    rms_norm_is,
    rotation_is,
    channel_norm_is,
    count
  };
  explicit OneWrong(int which) : which_(which) { e4m3 = true; }

  void block_quant(const kernels::BlockQuantParams& p) const override {
    EmulatedKernels::block_quant(p);
    if (which_ == block_quant_is) p.out[p.rows * p.dim - 1] ^= 0x40;
  }
  void norm_mod_quant(const kernels::NormModQuantParams& p) const override {
    EmulatedKernels::norm_mod_quant(p);
    if (which_ == norm_mod_quant_is) p.out_scale[0] *= 1.1f;
  }
  void w8a8_gemm(const kernels::W8a8Params& p, kernels::W8a8Epilogue epilogue) const override {
    EmulatedKernels::w8a8_gemm(p, epilogue);
    if (epilogue == kernels::W8a8Epilogue::store && which_ == store_is) p.out[p.m * p.n - 1] ^= 0x8000;
    if (epilogue == kernels::W8a8Epilogue::residual && which_ == residual_is) p.residual[p.n] = NAN;
    if (epilogue == kernels::W8a8Epilogue::requantise && which_ == requantise_is)
      std::fill_n(p.out_q, p.n, std::int8_t{0});
  }
  void qk_norm_rope(const kernels::QkNormRopeParams& p) const override {
    EmulatedKernels::qk_norm_rope(p);
    if (which_ == qk_norm_rope_is) std::reverse(p.out, p.out + p.batch * p.length * p.heads * 128);
  }
  void qk_quant(const kernels::QkQuantParams& p) const override {
    EmulatedKernels::qk_quant(p);
    if (which_ == qk_quant_is)
      for (std::int64_t i = 0; i < kernels::qk_quant_blocks(p); ++i) p.scale[i] *= 3;
  }
  void qk_quant_pooled(const kernels::QkQuantParams& p) const override {
    EmulatedKernels::qk_quant_pooled(p);
    if (which_ == qk_pooled_is)
      for (std::int64_t i = 0; i < kernels::qk_quant_blocks(p); ++i) p.scale[i] *= 3;
  }
  void block_topk(const kernels::BlockTopkParams& p) const override {
    EmulatedKernels::block_topk(p);
    if (which_ == topk_is)
      for (std::int64_t i = 0; i < p.kept; ++i) p.lut[i] = static_cast<std::int32_t>(i);
  }
  void v_quant(const kernels::VQuantParams& p) const override {
    EmulatedKernels::v_quant(p);
    if (which_ == v_quant_is) std::fill_n(p.scale, 128, p.scale[0] * 2);
  }
  void kvsum(const kernels::KvsumParams& p) const override {
    EmulatedKernels::kvsum(p);
    if (which_ == kvsum_is) p.k_sum[0] *= 100;
  }
  void sagesla_fwd(const kernels::SageslaParams& p, kernels::SlaVariant variant) const override {
    EmulatedKernels::sagesla_fwd(p, variant);
    if (which_ == sagesla_is) p.out[0] = 0x7fc0;
  }
  void layer_norm(const kernels::LayerNormParams& p) const override {
    EmulatedKernels::layer_norm(p);
    if (which_ == layer_norm_is) static_cast<float*>(p.out)[p.rows * p.dim - 1] += 1;
  }
  void rms_norm(const kernels::RmsNormParams& p) const override {
    EmulatedKernels::rms_norm(p);
    if (which_ == (p.cos == nullptr ? rms_norm_is : rotation_is) && p.out_type == kernels::Storage::bf16)
      static_cast<std::uint16_t*>(p.out)[1] ^= 0x8000;
  }
  void channel_norm(const kernels::ChannelNormParams& p) const override {
    EmulatedKernels::channel_norm(p);
    if (which_ == channel_norm_is) static_cast<std::uint16_t*>(p.out)[5] ^= 0x8000;
  }

 private:
  int which_;
};

bool spoils(int which, Group group) {
  switch (group) {
    case Group::norms:
      return which >= OneWrong::layer_norm_is;
    case Group::int8_layers:
      return which <= OneWrong::residual_is;
    case Group::sla:
      return which > OneWrong::residual_is && which <= OneWrong::sagesla_is;
    case Group::e4m3_values:
      return which > OneWrong::residual_is && which <= OneWrong::v_quant_is;
  }
  return false;
}

struct Failing : EmulatedKernels {
  void channel_norm(const kernels::ChannelNormParams&) const override {
    throw Error::work_failed("channel_norm: no kernel image is available for execution on the device");
  }
};

}  // namespace

TEST_CASE("kernels that are right pass the check before their first use") {
  EmulatedKernels kernels;
  for (const Group group : {Group::norms, Group::int8_layers, Group::sla})
    CHECK(ops::device::self_check(kernels, at::kCPU, group) == "");
  CHECK(ops::device::self_check(kernels, at::kCPU, Group::e4m3_values) == "this GPU has no products of e4m3");
  kernels.e4m3 = true;
  CHECK(ops::device::self_check(kernels, at::kCPU, Group::e4m3_values) == "");
}

TEST_CASE("a kernel that gets something wrong takes its group out of use") {
  for (int which = 0; which < OneWrong::count; ++which)
    for (const Group group : {Group::norms, Group::int8_layers, Group::sla, Group::e4m3_values}) {
      if (group == Group::e4m3_values && which != OneWrong::v_quant_is) continue;  // as in the group before
      CAPTURE(which);
      CAPTURE(static_cast<int>(group));
      if (spoils(which, group)) CHECK(ops::device::self_check(OneWrong(which), at::kCPU, group) != "");
    }
  CHECK(ops::device::self_check(OneWrong(OneWrong::store_is), at::kCPU, Group::norms) == "");
}

TEST_CASE("a kernel that cannot run takes its group out of use, with the device's words") {
  CHECK(ops::device::self_check(Failing(), at::kCPU, Group::norms) ==
        "channel_norm: no kernel image is available for execution on the device");
}

TEST_CASE("int8 that is slower than bf16 is found to be") {
  ops::device::Measuring how = ops::device::measuring_on(at::kCPU);
  how.repeats = 1;
  const double times = ops::device::int8_speedup(EmulatedKernels(), {8, 128, 128}, at::kCPU, how);
  CHECK(times > 0);
  CHECK(times < 0.5);  // an emulator is no GPU
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const auto here = ops::int8_speedup(at::kCPU, type);
    REQUIRE(here);
    CHECK(*here > 0.001);
    CHECK(*here < 1000);
    CHECK(ops::int8_speedup(at::kCPU, type) == here);  // measured once
  }
  CHECK(ops::int8_pays(1.0));
  CHECK_FALSE(ops::int8_pays(0.8));
  CHECK_FALSE(ops::int8_pays(std::nullopt));
}

TEST_CASE("the times of values in e4m3 and in fp16 are compared") {
  EmulatedKernels kernels;
  kernels.e4m3 = true;
  double seconds = 0;  // a clock under which fp16, which is asked first, always takes three times as long
  int looks = 0;
  const ops::device::Measuring how{[&] { return seconds += looks++ % 4 == 1 ? 3 : 1; }, 2, 1};
  CHECK(ops::device::e4m3_speedup(kernels, 10, 1, at::kCPU, how) == 3);
  CHECK(looks == 8);
}
