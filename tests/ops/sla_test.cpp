#include "ops/sla.h"

#include "ops/attention.h"
#include "ops/op_testing.h"
#include "ops/sage_quantise.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using ops::SlaOptions;

namespace {

struct Inputs {
  at::Tensor q, k, v;
  ops::SlaProjection projection;
};

/// Tokens drift along the sequence, so that pooled scores tell blocks apart as those of videos do.
Inputs inputs(std::int64_t batch, std::int64_t length, std::int64_t heads, std::int64_t d,
              std::uint64_t seed) {
  const at::Tensor phase = at::arange(length, at::kFloat).view({1, length, 1, 1}) * 0.02;
  const auto drifting = [&](std::uint64_t of) {
    return random({batch, length, heads, d}, of) + at::sin(phase + random({1, 1, heads, d}, of + 1));
  };
  return {drifting(seed),
          drifting(seed + 2),
          drifting(seed + 4),
          {random({d, d}, seed + 6) * 0.1, random({d}, seed + 7)}};
}

Inputs as(const Inputs& from, at::Device device, at::ScalarType type) {
  return {from.q.to(device, type),
          from.k.to(device, type),
          from.v.to(device, type),
          {from.projection.weight.to(device), from.projection.bias.to(device)}};
}

at::Tensor run(const Inputs& x, const SlaOptions& options) {
  return ops::sla_attention(x.q, x.k, x.v, x.projection, options);
}
at::Tensor exactly(const Inputs& x, const SlaOptions& options) {
  return ops::reference::sla_attention(x.q, x.k, x.v, x.projection, options);
}

bool is_finite(const at::Tensor& x) {
  return at::isfinite(x).all().item<bool>();
}

}  // namespace

TEST_CASE("sparse-linear attention agrees with whole matrices in fp64") {
  struct Case {
    std::int64_t batch, length, heads, d;
    double topk;
    ops::BlockTiling tiling;
  };
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const auto& [b, l, h, d, topk, tiling] :
         {Case{1, 1000, 2, 128, 0.2, {128, 64}}, Case{2, 333, 3, 64, 0.5, {128, 64}},
          Case{1, 900, 2, 128, 0.3, {64, 128}}, Case{1, 65, 1, 32, 0.1, {128, 64}},
          Case{1, 7, 2, 16, 0.1, {64, 64}}, Case{1, 1, 1, 48, 1.0, {128, 64}},
          Case{1, 257, 2, 22, 0.4, {128, 64}}})
      for (const bool int8 : {false, true}) {
        CAPTURE(l);
        CAPTURE(d);
        CAPTURE(int8);
        const Inputs x = as(inputs(b, l, h, d, 40), device, type);
        const SlaOptions options{.tiling = tiling, .topk = topk, .int8_scores = int8};
        CHECK(rel_l2(run(x, options), exactly(x, options)) < (int8 ? 8 : 2) * tolerance(type));
      }
  });
}

TEST_CASE("SLA gives the same bits wherever its projection lies") {
  for (const auto type : {at::kFloat, at::kBFloat16})
    for (const std::int64_t d : {22, 64, 128}) {
      CAPTURE(d);
      Inputs x = as(inputs(1, 300, 2, d, 60), at::kCPU, type);
      CHECK(same_wherever_it_lies({x.projection.weight, x.projection.bias}, [&](const auto& w) {
        x.projection = {w[0], w[1]};
        return run(x, {.topk = 0.3});
      }));
    }
}

TEST_CASE("SageSLA stays close to SLA") {
  const Inputs x = as(inputs(1, 1500, 4, 128, 50), at::kCPU, at::kBFloat16);
  const double apart = rel_l2(run(x, {.topk = 0.2, .int8_scores = true}), run(x, {.topk = 0.2}));
  CHECK(apart > 0);
  CHECK(apart < 0.05);
}

TEST_CASE("with all blocks kept and no projection SLA is full attention") {
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    Inputs x = as(inputs(2, 300, 2, 64, 60), device, type);
    x.projection = {at::zeros({64, 64}).to(device), at::zeros({64}).to(device)};
    CHECK(rel_l2(run(x, {.topk = 1}), ops::reference::attention(x.q, x.k, x.v)) < 2 * tolerance(type));
  });
}

TEST_CASE("at least one key block is kept, and never more than there are") {
  CHECK(ops::kept_blocks(7, 0.1) == 1);
  CHECK(ops::kept_blocks(512, 0.1) == 51);
  CHECK(ops::kept_blocks(3, 0.34) == 1);
  CHECK(ops::kept_blocks(20, 1.0) == 20);
  CHECK(ops::kept_blocks(20, 7.0) == 20);
  CHECK(ops::kept_blocks(1, 1e-9) == 1);
}

TEST_CASE("a block map is ascending, of distinct blocks, and holds the highest pooled scores") {
  for (const std::int64_t length : {64, 65, 1000, 1219}) {
    CAPTURE(length);
    const Inputs x = inputs(2, length, 3, 32, 70);
    const at::Tensor scores = ops::pooled_scores(x.q, x.k, {});
    const at::Tensor map = ops::block_map(x.q, x.k, {}, 0.3);
    CHECK((map.scalar_type() == at::kInt));
    const std::int64_t kept = map.size(-1);
    if (kept > 1) CHECK((map.narrow(-1, 1, kept - 1) > map.narrow(-1, 0, kept - 1)).all().item<bool>());
    const at::Tensor lowest_kept = std::get<0>(scores.gather(-1, map.to(at::kLong)).min(-1));
    const at::Tensor better = (scores > lowest_kept.unsqueeze(-1)).sum(-1);
    CHECK((better < kept).all().item<bool>());
  }
}

TEST_CASE("equal scores keep the lowest blocks") {
  const at::Tensor same = at::ones({1, 640, 1, 32});
  CHECK(at::equal(ops::block_map(same, same, {}, 0.3).flatten(), at::arange(3, at::kInt).repeat({5})));
}

TEST_CASE("zeros, huge values and constant rows give finite results") {
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    for (const std::int64_t length : {1, 63, 129, 700})
      for (const bool int8 : {false, true}) {
        CAPTURE(length);
        CAPTURE(int8);
        const SlaOptions options{.int8_scores = int8};
        const Inputs plain = inputs(1, length, 2, 64, 90);
        Inputs zero = as(plain, device, type), huge = zero, constant = zero;
        zero.q = zero.k = zero.v = at::zeros_like(zero.q);
        huge.q = plain.q.sign().mul(6e4).to(device, type);
        huge.k = plain.k.sign().mul(6e4).to(device, type);
        constant.k = at::full_like(constant.k, 3.0);
        CHECK(is_finite(run(zero, options)));
        CHECK(is_finite(run(huge, options)));
        CHECK(is_finite(run(constant, options)));
      }
  });
}

TEST_CASE("SLA reads strided views as they are") {
  const Inputs x = as(inputs(1, 500, 4, 64, 95), at::kCPU, at::kBFloat16);
  const at::Tensor together = at::cat({x.q, x.k, x.v}, 2);  // [1, 500, 12, 64], as one projection would give
  const auto part = [&](std::int64_t i) { return together.narrow(2, 4 * i, 4); };
  for (const bool int8 : {false, true})
    CHECK(same_bits(ops::sla_attention(part(0), part(1), part(2), x.projection, {.int8_scores = int8}),
                    run(x, {.int8_scores = int8})));
}

TEST_CASE("quantised blocks come back within half a step") {
  const at::Tensor x = random({2, 200, 3, 32}, 99) * 5;
  const ops::SageBlocks blocks = ops::sage_quantise(x, 64);
  CHECK(blocks.scales.sizes().equals({2, 3, 4}));
  const at::Tensor scale =
      blocks.scales.repeat_interleave(64, 2).narrow(2, 0, 200).transpose(1, 2).unsqueeze(-1);
  CHECK(((blocks.values.to(at::kFloat) * scale - x).abs() <= 0.5001 * scale).all().item<bool>());
  CHECK(blocks.values.abs().max().item<int>() == 127);
  const at::Tensor smooth = ops::sage_smooth(x);
  CHECK(smooth.mean(1).abs().max().item<double>() < 1e-5);
}
