// The same bits for any number of threads, whatever the processor: every operator that leaves a sum to a
// library.
#include <omp.h>

#include <cstdlib>
#include <stdexcept>

#include "ops/attention.h"
#include "ops/causal_conv3d.h"
#include "ops/channel_norm.h"
#include "ops/gelu.h"
#include "ops/linear.h"
#include "ops/mean_over_tokens.h"
#include "ops/op_testing.h"
#include "ops/parallel.h"
#include "ops/rope.h"
#include "ops/sla.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

/// Element types whose products run here: LibTorch asks the processor whether oneDNN has them, which fails
/// where oneDNN is held to less (under_isa.sh).
std::vector<at::ScalarType> runnable(std::initializer_list<at::ScalarType> types) {
  const char* held = std::getenv("TURBODIFF_TEST_TYPES");
  std::vector<at::ScalarType> usable;
  for (const at::ScalarType type : types) {
    if (type != at::kFloat && held != nullptr) continue;
    try {
      const at::Tensor x = at::ones({64, 64}, type);
      at::linear(x, x);
      usable.push_back(type);
    } catch (const std::exception&) {
      MESSAGE("left out: ", c10::toString(type));
    }
  }
  return usable;
}

/// Without bf16 instructions a large product takes minutes.
bool is_fast(at::ScalarType type) {
  return type == at::kFloat || ops::has_fast_attention();
}

}  // namespace

TEST_CASE("a tile is alone: a library in it sees one thread, with any number of threads around it") {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3, 7})
    for (const std::int64_t tiles : {1, 2, 5, 64}) {
      at::set_num_threads(threads);
      std::vector<int> omp(static_cast<std::size_t>(tiles)), torch(omp), done(omp);
      ops::parallel_tiles(tiles, [&](std::int64_t tile) {
        const auto at = static_cast<std::size_t>(tile);
        omp[at] = omp_get_max_threads();
        torch[at] = at::get_num_threads();
        ++done[at];
      });
      for (std::size_t tile = 0; tile < done.size(); ++tile) {
        CHECK(omp[tile] == 1);
        CHECK(torch[tile] == 1);
        CHECK(done[tile] == 1);
      }
      CHECK(at::get_num_threads() == threads);
    }
  at::set_num_threads(before);
}

TEST_CASE("an exception in a tile comes out with any number of threads, and the number stays") {
  const int before = at::get_num_threads();
  for (const int threads : {1, 4}) {
    at::set_num_threads(threads);
    CHECK_THROWS_AS(ops::parallel_tiles(100,
                                        [](std::int64_t tile) {
                                          if (tile == 3) throw std::runtime_error("tile 3");
                                        }),
                    std::runtime_error);
    CHECK(at::get_num_threads() == threads);
  }
  at::set_num_threads(before);
}

TEST_CASE("parts cover a length once, in multiples of their unit") {
  for (const std::int64_t length : {1, 15, 16, 17, 181, 1280, 32760})
    for (const std::int64_t most : {1, 16, 192, 1024})
      for (const std::int64_t unit : {1, 16, 64}) {
        const ops::Parts parts = ops::Parts::of(length, most, unit);
        std::int64_t covered = 0;
        for (std::int64_t part = 0; part < parts.count; ++part) {
          CHECK(parts.first(part) == covered);
          CHECK(parts.size_of(part) > 0);
          CHECK(parts.size_of(part) <= std::max(most, (most + unit - 1) / unit * unit));
          covered += parts.size_of(part);
        }
        CHECK(covered == length);
        CHECK(parts.size % unit == 0);
      }
}

TEST_CASE("linear gives the same bits with any number of threads") {
  struct Width {
    std::int64_t in, out;
  };
  for (const at::ScalarType type : runnable({at::kFloat, at::kBFloat16, at::kHalf}))
    for (const std::int64_t rows : {1, 2, 15, 16, 17, 181, 512, 700, 1280}) {
      CAPTURE(type);
      CAPTURE(rows);
      for (const auto& [in, out] : {Width{1536, 1536}, Width{1536, 8960}, Width{8960, 1536}, Width{8960, 64},
                                    Width{64, 1536}, Width{256, 128}, Width{128, 768}, Width{301, 77}}) {
        CAPTURE(in);
        CAPTURE(out);
        const bool large = in * out > (std::int64_t{1} << 23);
        if (large && rows != 1 && rows != 17 && rows != 181 && rows != 700) continue;
        if (!is_fast(type) && in * out * rows > (std::int64_t{1} << 26)) continue;
        const at::Tensor x = random({1, rows, in}, 4).to(type), weight = random({out, in}, 5).to(type),
                         bias = random({out}, 6).to(type);
        CHECK(same_with_any_threads([&] { return ops::linear(x, weight, large ? at::Tensor() : bias); }));
      }
    }
}

TEST_CASE("attention gives the same bits with any number of threads") {
  struct Case {
    std::int64_t queries, keys, heads, head_dim;
  };
  for (const at::ScalarType type : runnable({at::kFloat, at::kBFloat16, at::kHalf}))
    for (const auto& [l, s, h, d] :
         {Case{1, 300, 12, 128}, Case{17, 300, 1, 128}, Case{31, 4000, 1, 64}, Case{181, 300, 12, 128},
          Case{700, 700, 1, 384}, Case{1700, 300, 2, 64}, Case{200, 200, 3, 22}}) {
      CAPTURE(type);
      CAPTURE(l);
      CAPTURE(d);
      const at::Tensor q = random({1, l, h, d}, 8).to(type), k = random({1, s, h, d}, 9).to(type),
                       v = random({1, s, h, d}, 10).to(type);
      CHECK(same_with_any_threads([&] { return ops::attention(q, k, v); }));
      for (const at::Tensor& bias : {random({1, 1, 1, s}, 11), random({1, h, l, s}, 12)})
        CHECK(same_with_any_threads([&] { return ops::attention(q, k, v, bias); }));
    }
}

TEST_CASE("attention with a bias of each query agrees with the whole matrix, across tiles") {
  for (const auto& [heads, of_heads] : {std::pair<std::int64_t, std::int64_t>{3, 3}, {3, 1}}) {
    const at::Tensor q = random({2, 1600, heads, 32}, 13), k = random({2, 70, heads, 32}, 14),
                     v = random({2, 70, heads, 32}, 15), bias = random({1, of_heads, 1600, 70}, 16);
    CHECK(rel_l2(ops::attention(q, k, v, bias), ops::reference::attention(q, k, v, bias)) <
          2 * tolerance(at::kFloat));
  }
}

TEST_CASE("SLA gives the same bits with any number of threads") {
  using Map = ops::FeatureMap;
  for (const at::ScalarType type : runnable({at::kFloat, at::kBFloat16, at::kHalf}))
    for (const auto& [length, heads, d] :
         {std::tuple<std::int64_t, std::int64_t, std::int64_t>{1400, 3, 64}, {2600, 1, 128}, {100, 2, 32}})
      for (const bool int8 : {false, true})
        for (const Map map : {Map::softmax, Map::elu, Map::relu}) {
          if (map != Map::softmax && length > 2000) continue;
          CAPTURE(type);
          CAPTURE(length);
          CAPTURE(int8);
          const at::Tensor phase = at::arange(length, at::kFloat).view({1, length, 1, 1}) * 0.02;
          const auto drifting = [&, l = length, h = heads, dim = d](std::uint64_t seed) {
            return (random({1, l, h, dim}, seed) + at::sin(phase + random({1, 1, h, dim}, seed + 1)))
                .to(type);
          };
          const at::Tensor q = drifting(80), k = drifting(82), v = drifting(84);
          const ops::SlaProjection projection{random({d, d}, 86) * 0.1, random({d}, 87)};
          CHECK(same_with_any_threads([&] {
            return ops::sla_attention(q, k, v, projection,
                                      {.topk = 0.2, .int8_scores = int8, .feature_map = map});
          }));
        }
}

TEST_CASE("every kind of the autoencoder's convolutions gives the same bits with any number of threads") {
  struct Case {
    std::int64_t in, out, frames, rows, columns, kt, k, stride;
  };
  for (const at::ScalarType type : runnable({at::kFloat, at::kBFloat16}))
    for (const auto& c : {Case{8, 8, 3, 12, 10, 3, 3, 1}, Case{96, 96, 3, 12, 10, 3, 3, 1},
                          Case{384, 384, 3, 12, 10, 3, 3, 1}, Case{96, 96, 6, 40, 52, 3, 3, 1},
                          Case{192, 96, 3, 30, 21, 3, 3, 1}, Case{16, 384, 3, 7, 9, 3, 3, 1},
                          Case{96, 3, 6, 33, 40, 3, 3, 1}, Case{384, 768, 3, 9, 13, 3, 1, 1},
                          Case{192, 192, 5, 8, 6, 3, 1, 2}, Case{16, 16, 2, 30, 50, 1, 1, 1},
                          Case{384, 192, 4, 20, 20, 1, 1, 1}, Case{192, 384, 2, 12, 12, 1, 1, 1}}) {
      CAPTURE(type);
      CAPTURE(c.in);
      CAPTURE(c.out);
      const double flops =
          2.0 * static_cast<double>(c.in * c.out * c.frames * c.rows * c.columns * c.kt * c.k * c.k);
      if (!is_fast(type) && flops > 2e8) continue;
      const at::Tensor x = random({1, c.in, c.frames, c.rows, c.columns}, 4).to(type);
      const at::Tensor weight = random({c.out, c.in, c.kt, c.k, c.k}, 5).to(type),
                       bias = random({c.out}, 6).to(type);
      CHECK(same_with_any_threads([&] {
        return ops::conv3d(x, weight, bias, {c.k / 2, c.k / 2}, c.stride);
      }));
      if (c.kt == 3 && c.k == 3 && c.stride == 1)
        for (const std::int64_t stride : {1, 2})
          CHECK(same_with_any_threads([&] {
            return ops::conv2d(x.select(2, 0), weight.select(2, 0), bias, stride == 1 ? 1 : 0, stride);
          }));
    }
}

TEST_CASE("means, norms, activations and angles give the same bits with any number of threads") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    CAPTURE(type);
    const at::Tensor tokens = random({2, 3001, 3, 40}, 20).to(type), flat = random({100003}, 21).to(type);
    CHECK(same_with_any_threads([&] { return ops::mean_over_tokens(tokens); }));
    CHECK(rel_l2(ops::mean_over_tokens(tokens), tokens.to(at::kDouble).mean({1}, true)) < 1e-5);
    CHECK(same_with_any_threads([&] { return ops::gelu_tanh_(flat.clone()); }));
    CHECK(same_with_any_threads([&] { return ops::gelu_tanh_mul_(flat.clone(), flat); }));
    const at::Tensor video =
        random({1, 24, 3, 37, 41}, 22).to(type).contiguous(at::MemoryFormat::ChannelsLast3d);
    const at::Tensor gamma = random({24}, 23);
    for (const bool silu : {false, true})
      CHECK(same_with_any_threads([&] { return ops::channel_norm(video, gamma, silu); }));
    CHECK(same_with_any_threads([&] { return ops::channel_norm(video.contiguous(), gamma, /*silu=*/true); }));
  }
  CHECK(same_with_any_threads([] { return ops::rope_table(9, 31, 29, 128, at::kCPU).sin; }));
}
