#include "ops/attention.h"
#include "ops/gelu.h"
#include "ops/linear.h"
#include "ops/op_testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE("linear agrees with fp64 at real widths and ragged lengths") {
  struct Case {
    std::int64_t rows, in, out;
  };
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    for (const auto& [rows, in, out] : {Case{37, 1536, 1536}, Case{65, 1536, 8960}, Case{33, 8960, 1536},
                                        Case{7, 5120, 13824}, Case{1, 13824, 5120}, Case{5, 64, 7}}) {
      CAPTURE(in);
      CAPTURE(out);
      const at::Tensor x = random({1, rows, in}, 1).to(device, type),
                       weight = random({out, in}, 2).to(device, type);
      const at::Tensor bias = random({out}, 3).to(device, type);
      CHECK(rel_l2(ops::linear(x, weight, bias), ops::reference::linear(x, weight, bias)) < tolerance(type));
      CHECK(rel_l2(ops::linear(x, weight, {}), ops::reference::linear(x, weight, {})) < tolerance(type));
    }
  });
}

TEST_CASE("linear gives the same bits wherever its weights lie") {
  struct Case {
    std::int64_t rows, in, out;
  };
  for (const auto type : {at::kFloat, at::kBFloat16})
    for (const auto& [rows, in, out] : {Case{1, 256, 1536}, Case{16, 128, 128}, Case{45, 192, 768},
                                        Case{700, 192, 192}, Case{37, 1536, 576}, Case{5, 64, 7}}) {
      CAPTURE(rows);
      CAPTURE(in);
      const at::Tensor x = random({1, rows, in}, 1).to(type), weight = random({out, in}, 2).to(type),
                       bias = random({out}, 3).to(type);
      CHECK(same_wherever_it_lies({weight, bias}, [&](const auto& w) { return ops::linear(x, w[0], w[1]); }));
      CHECK(same_wherever_it_lies({weight}, [&](const auto& w) { return ops::linear(x, w[0], {}); }));
    }
}

TEST_CASE("attention agrees with the whole matrix in fp64") {
  struct Case {
    std::int64_t batch, queries, keys, heads, head_dim;
  };
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const auto& [b, l, s, h, d] :
         {Case{1, 133, 133, 12, 128}, Case{2, 70, 13, 40, 128}, Case{1, 900, 900, 2, 32},
          Case{1, 64, 64, 1, 384}, Case{1, 5, 1, 3, 22}}) {
      CAPTURE(l);
      CAPTURE(d);
      const at::Tensor q = random({b, l, h, d}, 10).to(device, type),
                       k = random({b, s, h, d}, 11).to(device, type),
                       v = random({b, s, h, d}, 12).to(device, type);
      CHECK(rel_l2(ops::attention(q, k, v), ops::reference::attention(q, k, v)) < 2 * tolerance(type));
      const at::Tensor bias = random({1, 1, 1, s}, 13).to(device);
      CHECK(rel_l2(ops::attention(q, k, v, bias), ops::reference::attention(q, k, v, bias)) <
            2 * tolerance(type));
      CHECK(rel_l2(ops::attention(q, k, v, {}, 1.0 / 9), ops::reference::attention(q, k, v, {}, 1.0 / 9)) <
            2 * tolerance(type));
    }
  });
}

TEST_CASE("long queries are handled in slices that agree with the whole") {
  const std::int64_t length = 2 * 8192 + 100;
  const at::Tensor q = random({1, length, 1, 32}, 20), k = random({1, 40, 1, 32}, 21),
                   v = random({1, 40, 1, 32}, 22);
  const at::Tensor bias = random({1, 1, 1, 40}, 23);
  CHECK(rel_l2(ops::attention(q, k, v, bias), ops::reference::attention(q, k, v, bias)) <
        2 * tolerance(at::kFloat));
}

TEST_CASE("one key of weight n counts as n equal keys") {
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    const std::int64_t copies = 503, own = 9;
    const at::Tensor q = random({1, 77, 12, 128}, 14).to(device, type);
    const at::Tensor k = random({1, own + 1, 12, 128}, 15).to(device, type),
                     v = random({1, own + 1, 12, 128}, 16).to(device, type);
    const auto repeated = [&](const at::Tensor& t) {
      return at::cat({t, t.narrow(1, own, 1).expand({1, copies - 1, 12, 128})}, 1);
    };
    at::Tensor bias = at::zeros({1, 1, 1, own + 1});
    bias.select(-1, own).fill_(std::log(static_cast<double>(copies)));
    CHECK(rel_l2(ops::attention(q, k, v, bias.to(device)),
                 ops::reference::attention(q, repeated(k), repeated(v))) < 2 * tolerance(type));
  });
}

TEST_CASE("GELU agrees with its definition in fp64") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    const at::Tensor x =
        at::cat({random({8961}, 17) * 3, at::tensor({0.0f, -30.0f, 30.0f, -1e-4f, 1e4f, -1e4f})})
            .to(device, type);
    const at::Tensor up = random({x.numel()}, 18).to(device, type);
    const at::Tensor exact = at::gelu(x.to(at::kDouble), "tanh");
    CHECK(rel_l2(ops::gelu_tanh_(x.clone()), exact) < tolerance(type));
    CHECK(rel_l2(ops::gelu_tanh_mul_(x.clone(), up), exact * up.to(at::kDouble)) < tolerance(type));
    CHECK(at::isfinite(ops::gelu_tanh_(x.clone())).all().item<bool>());
  });
}
