#include "ops/layer_norm.h"
#include "ops/op_testing.h"
#include "ops/residual.h"
#include "ops/rms_norm.h"
#include "ops/rope.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {
struct RowsShape {
  std::int64_t batch, length, dim;
};
/// Real model widths with ragged lengths, and small ones that leave vector remainders.
const std::vector<RowsShape> row_shapes{{1, 37, 1536}, {2, 19, 5120}, {1, 5, 8960},
                                        {1, 3, 13824}, {3, 7, 66},    {1, 1, 2}};
}  // namespace

TEST_CASE("layer norm with modulation agrees with plain tensor operations") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const auto& [batch, length, dim] : row_shapes)
      for (const std::int64_t groups : {std::int64_t{1}, length}) {
        CAPTURE(dim);
        CAPTURE(groups);
        const at::Tensor x = (random({batch, length, dim}, 1) * 3 + 5).to(device);
        const at::Tensor scale = random({batch, groups, dim}, 2).to(device),
                         shift = random({batch, groups, dim}, 3).to(device);
        const at::Tensor fast = ops::layer_norm_modulate(x, scale, shift, 1e-6, type);
        CHECK((fast.scalar_type() == type));
        const at::Tensor exact = ops::reference::layer_norm_modulate(
            x.to(at::kDouble), scale.to(at::kDouble), shift.to(at::kDouble), 1e-6, at::kDouble);
        CHECK(rel_l2(fast, exact) < tolerance(type) * 3);
      }
  });
}

TEST_CASE("affine layer norm agrees with plain tensor operations") {
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    for (const auto& [batch, length, dim] : row_shapes) {
      const at::Tensor x = random({batch, length, dim}, 4).to(device);
      const at::Tensor weight = random({dim}, 5).to(device), bias = random({dim}, 6).to(device);
      CHECK(rel_l2(ops::layer_norm_affine(x, weight, bias, 1e-6, type),
                   ops::reference::layer_norm_affine(x.to(at::kDouble), weight.to(at::kDouble),
                                                     bias.to(at::kDouble), 1e-6, at::kDouble)) <
            tolerance(type) * 3);
    }
  });
}

TEST_CASE("RMS norm agrees with plain tensor operations, from and to every type") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const auto& [batch, length, dim] : row_shapes)
      for (const at::ScalarType out : {at::kFloat, type}) {
        const at::Tensor x = random({batch, length, dim}, 7).to(device, type),
                         weight = random({dim}, 8).to(device);
        CHECK(rel_l2(ops::rms_norm(x, weight, 1e-6, out),
                     ops::reference::rms_norm(x, weight, 1e-6, at::kFloat)) < tolerance(out));
      }
  });
}

TEST_CASE("RMS norm with rotation agrees with plain tensor operations") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    struct Heads {
      std::int64_t heads, head_dim;
    };
    for (const auto& [heads, head_dim] : {Heads{12, 128}, Heads{40, 128}, Heads{4, 32}, Heads{3, 22}}) {
      const auto rope = ops::rope_table(3, 5, 7, head_dim, device);
      const at::Tensor x = random({2, 105, heads * head_dim}, 9).to(device, type);
      const at::Tensor weight = random({heads * head_dim}, 10).to(device);
      const at::Tensor fast = ops::rms_norm_rope(x, weight, 1e-6, rope.cos, rope.sin);
      CHECK((fast.scalar_type() == type));
      CHECK(rel_l2(fast, ops::reference::rms_norm_rope(x.to(at::kFloat), weight, 1e-6, rope.cos, rope.sin)) <
            tolerance(type));
    }
  });
}

TEST_CASE("a rotation keeps the length of every pair") {
  const auto rope = ops::rope_table(4, 6, 8, 64, at::kCPU);
  const at::Tensor x = random({1, 192, 128}, 11);
  const at::Tensor rotated = ops::rms_norm_rope(x, at::ones({128}), 0.0, rope.cos, rope.sin);
  const at::Tensor normed = ops::rms_norm(x, at::ones({128}), 0.0, at::kFloat);
  const auto pair_length = [](const at::Tensor& t) { return t.view({192, 64, 2}).square().sum(-1); };
  CHECK(rel_l2(pair_length(rotated), pair_length(normed)) < 1e-6);
  CHECK(rel_l2(rotated, normed) > 0.1);
}

TEST_CASE("the gated residual agrees with plain tensor operations") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const auto& [batch, length, dim] : row_shapes)
      for (const std::int64_t groups : {std::int64_t{1}, length}) {
        const at::Tensor x = random({batch, length, dim}, 12).to(device),
                         y = random({batch, length, dim}, 13).to(device, type);
        const at::Tensor gate = random({batch, groups, dim}, 14).to(device);
        at::Tensor fast = x.clone(), plain = x.clone(), added = x.clone();
        ops::add_gated_(fast, y, gate);
        ops::reference::add_gated_(plain, y, gate);
        CHECK(rel_l2(fast, plain) < 1e-6);
        ops::add_(added, y);
        CHECK(rel_l2(added, x + y) < 1e-6);
      }
  });
}

TEST_CASE("rows do not depend on the number of threads") {
  const at::Tensor x = random({1, 301, 1536}, 15), scale = random({1, 1, 1536}, 16);
  CHECK(
      same_with_any_threads([&] { return ops::layer_norm_modulate(x, scale, scale, 1e-6, at::kBFloat16); }));
}
