#include "ops/int8/int8_fused.h"

#include "ops/gelu.h"
#include "ops/layer_norm.h"
#include "ops/op_testing.h"
#include "ops/residual.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

struct Shape {
  std::int64_t batch, length, n, k;
};
// Ragged rows, columns and inner sizes, blocks that run across the items of a batch, a single row.
const std::vector<Shape> shapes = {{1, 37, 64, 128},  {1, 130, 136, 256}, {2, 70, 200, 300},
                                   {1, 1, 1536, 512}, {3, 257, 77, 1537}, {1, 384, 600, 640}};

/// body(device, type, shape) for each; half precision takes the unfused way.
template <typename Body>
void on_each(const Body& body) {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [&](at::Device device, at::ScalarType type) {
    for (const Shape& shape : shapes) {
      CAPTURE(shape.length);
      CAPTURE(shape.n);
      CAPTURE(shape.k);
      body(device, type, shape);
    }
  });
}

ops::Int8Weight weight(std::int64_t n, std::int64_t k, std::uint64_t seed, at::Device device) {
  return ops::Int8Weight(ops::int8_quantise(random({n, k}, seed).to(device)));
}

/// The same quantised activations: a product that reads every value of them is the same in every bit.
bool same(const ops::Int8Input& a, const ops::Int8Input& b, at::Device device) {
  const std::int64_t k = a.sizes().back();
  const ops::Int8Weight all = weight(k, k, 99, device);
  return a.sizes().equals(b.sizes()) && a.scalar_type() == b.scalar_type() &&
         same_bits(ops::int8_linear(a, all, {}), ops::int8_linear(b, all, {}));
}

}  // namespace

TEST_CASE("a norm quantised in the cache is the norm quantised afterwards, bit for bit") {
  on_each([](at::Device device, at::ScalarType type, const Shape& s) {
    const at::Tensor x = (random({s.batch, s.length, s.k}, 1) * 3 + 1).to(device);
    for (const std::int64_t groups : {std::int64_t{1}, s.length}) {
      const at::Tensor scale = random({s.batch, groups, s.k}, 2).to(device),
                       shift = random({s.batch, groups, s.k}, 3).to(device);
      CHECK(same(ops::int8_layer_norm_modulate(x, scale, shift, 1e-6, type),
                 ops::Int8Input(ops::layer_norm_modulate(x, scale, shift, 1e-6, type)), device));
    }
    const at::Tensor mul = random({s.k}, 4).to(device), add = random({s.k}, 5).to(device);
    CHECK(same(ops::int8_layer_norm_affine(x, mul, add, 1e-6, type),
               ops::Int8Input(ops::layer_norm_affine(x, mul, add, 1e-6, type)), device));
  });
}

TEST_CASE("GELU and the second quantisation within the product change no bit") {
  on_each([](at::Device device, at::ScalarType type, const Shape& s) {
    const ops::Int8Input x(random({s.batch, s.length, s.k}, 6).to(device, type));
    const ops::Int8Weight layer = weight(s.n, s.k, 7, device);
    for (const at::Tensor& bias : {random({s.n}, 8).to(device, type), at::Tensor()})
      CHECK(same(ops::int8_linear_gelu(x, layer, bias),
                 ops::Int8Input(ops::gelu_tanh_(ops::int8_linear(x, layer, bias))), device));
  });
}

TEST_CASE("the residual within the product changes no bit") {
  on_each([](at::Device device, at::ScalarType type, const Shape& s) {
    const ops::Int8Input x(random({s.batch, s.length, s.k}, 9).to(device, type));
    const ops::Int8Weight layer = weight(s.n, s.k, 10, device);
    const at::Tensor bias = random({s.n}, 11).to(device, type);
    const at::Tensor before = random({s.batch, s.length, s.n}, 12).to(device);
    for (const at::Tensor& gate : {random({s.batch, 1, s.n}, 13).to(device),
                                   random({s.batch, s.length, s.n}, 14).to(device), at::Tensor()}) {
      at::Tensor fused = before.clone(), plain = before.clone();
      ops::int8_linear_add_(fused, x, layer, bias, gate);
      const at::Tensor y = ops::int8_linear(x, layer, bias);
      gate.defined() ? ops::add_gated_(plain, y, gate) : ops::add_(plain, y);
      CHECK(same_bits(fused, plain));
    }
  });
}

TEST_CASE("fused layers give the same bits with any number of threads, and finite values for any input") {
  const ops::Int8Weight layer = weight(1000, 640, 15, at::kCPU);
  const int before = at::get_num_threads();
  for (const double size : {1.0, 0.0, 6e4, 1e-30}) {
    const at::Tensor x = random({1, 700, 640}, 16) * size, zero = at::zeros({1, 1, 640});
    const auto run = [&] {
      const ops::Int8Input normed = ops::int8_layer_norm_modulate(x, zero, zero, 1e-6, at::kBFloat16);
      at::Tensor out = at::zeros({1, 700, 1000});
      ops::int8_linear_add_(out, normed, layer, {}, {});
      ops::int8_linear_add_(out, ops::int8_linear_gelu(normed, layer, {}), weight(1000, 1000, 17, at::kCPU),
                            {}, {});
      return out;
    };
    at::set_num_threads(1);
    const at::Tensor one = run();
    CHECK(at::isfinite(one).all().item<bool>());
    for (const int threads : {2, 3, 7}) {
      at::set_num_threads(threads);
      CHECK(same_bits(run(), one));
    }
  }
  at::set_num_threads(before);
}

TEST_CASE("sizes that do not fit are refused before anything is changed") {
  const ops::Int8Input x(random({1, 3, 128}, 18));
  at::Tensor residual = at::zeros({1, 3, 200});
  CHECK(error_of([&] {
          ops::int8_linear_add_(residual, x, weight(200, 256, 19, at::kCPU), {}, {});
        }).code() == ErrorCode::bad_request);
  CHECK(residual.abs().sum().item<float>() == 0);
  CHECK(error_of([&] { ops::int8_linear_gelu(x, weight(200, 256, 19, at::kCPU), {}); }).code() ==
        ErrorCode::bad_request);
}
