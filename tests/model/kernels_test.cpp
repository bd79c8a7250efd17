// A whole network through the kernels of kernels/, on the emulator.
#include <numeric>

#include "model/infer_config.h"
#include "model/wan_dit.h"
#include "ops/device/kernels_for.h"
#include "ops/emulated_kernels.h"
#include "ops/op_testing.h"
#include "weights/safetensors_writer.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using weights::Checkpoint, weights::Component;

namespace {

constexpr std::int64_t dim = 256, heads = 2, ffn = 384, text_dim = 64, freq_dim = 256;

/// One block with heads of 128 channels, as the published networks have them, and SLA's projection.
std::filesystem::path write_network(const std::filesystem::path& folder) {
  std::vector<weights::TensorSpec> specs;
  std::vector<at::Tensor> values;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, double size,
                       double centre = 0) {
    values.push_back(random(shape, values.size() + 1) * size + centre);
    specs.push_back({name, Dtype::f32, std::move(shape)});
  };
  const auto layer = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    add(name + ".weight", {out, in}, 1 / std::sqrt(static_cast<double>(in)));
    add(name + ".bias", {out}, 0.1);
  };
  layer("patch_embedding", dim, 16 * 4);
  layer("text_embedding.0", dim, text_dim);
  layer("text_embedding.2", dim, dim);
  layer("time_embedding.0", dim, freq_dim);
  layer("time_embedding.2", dim, dim);
  layer("time_projection.1", 6 * dim, dim);
  layer("head.head", 16 * 4, dim);
  add("head.modulation", {1, 2, dim}, 0.1);
  const std::string block = "blocks.0.";
  for (const std::string kind : {"self_attn.", "cross_attn."}) {
    for (const char* name : {"q", "k", "v", "o"}) layer(block + kind + name, dim, dim);
    for (const char* name : {"norm_q", "norm_k"}) add(block + kind + name + ".weight", {dim}, 0.1, 1);
  }
  layer(block + "ffn.0", ffn, dim);
  layer(block + "ffn.2", dim, ffn);
  add(block + "norm3.weight", {dim}, 0.1, 1);
  add(block + "norm3.bias", {dim}, 0.1);
  add(block + "modulation", {1, 6, dim}, 0.1);
  layer(block + "self_attn.attn_op.local_attn.proj_l", dim / heads, dim / heads);

  weights::SafetensorsWriter writer(folder / "dit.safetensors", specs);
  for (const at::Tensor& x : values)
    writer.write(std::span(x.const_data_ptr<float>(), static_cast<std::size_t>(x.numel())));
  writer.finish();
  return folder / "dit.safetensors";
}

}  // namespace

TEST_CASE("a network through the kernels is the network") {
  const TempDir folder;
  const Checkpoint checkpoint = Checkpoint::open(write_network(folder.path()), Component::dit);
  const auto config = model::infer_dit_config(checkpoint, {heads, std::nullopt});
  REQUIRE(config.sparse_linear_attention);
  const at::Tensor x = random({1, 16, 3, 20, 24}, 1), t = at::full({1}, 932.0f),
                   context = random({1, 20, text_dim}, 2);
  const auto run = [&](model::LinearKind kind) {
    model::WanDit dit({checkpoint, at::kBFloat16, at::kCPU}, config, {}, kind);
    dit.set_attention({model::SelfAttention::Kind::sagesla, 0.5});
    return dit.forward(x, t, dit.embed_text(context));
  };
  const at::Tensor plain = run(model::LinearKind::plain), int8 = run(model::LinearKind::int8);
  const EmulatedKernels kernels;
  const ops::device::ScopedKernels scoped_kernels(kernels);
  const at::Tensor emulated = run(model::LinearKind::int8);
  CHECK(kernels.attended == 1);
  CHECK(kernels.multiplied == 10);
  CHECK(kernels.normed > 2);
  CHECK(rel_l2(emulated, int8) < 0.02);
  CHECK(rel_l2(emulated, plain) < 0.05);
  CHECK(rel_l2(emulated, plain) > 1e-4);
}
