#include "ops/int8/int8_linear.h"

#include "ops/op_testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

struct MatmulShape {
  std::int64_t m, n, k;
};

at::Tensor run(const at::Tensor& x, const ops::Int8Matrix& weight, const at::Tensor& bias) {
  return ops::int8_linear(ops::Int8Input(x), ops::Int8Weight(weight), bias);
}

}  // namespace

TEST_CASE("quantised blocks are the reference's, bit for bit") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const auto& [m, n, k] : {MatmulShape{1, 0, 1}, MatmulShape{37, 0, 128}, MatmulShape{130, 0, 256},
                                  MatmulShape{300, 0, 200}, MatmulShape{129, 0, 1537}}) {
      CAPTURE(m);
      CAPTURE(k);
      at::Tensor x = random({m, k}, 1) * 7;
      x.narrow(0, 0, 1).mul_(1000);
      x = x.to(type);
      const ops::Int8Matrix fast = ops::int8_quantise(x), plain = ops::reference::int8_quantise(x);
      CHECK(same_bits(fast.values, plain.values));
      CHECK(same_bits(fast.scales, plain.scales));
    }
}

TEST_CASE("halves round to even, the largest value saturates to 127 and its negative does not") {
  at::Tensor x = at::tensor({128.0f, -128.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 127.4f}).unsqueeze(0);
  CHECK(at::equal(ops::int8_quantise(x).values.flatten(),
                  at::tensor({127, -128, 0, 2, 2, 0, -2, 127}, at::kChar)));
  CHECK(ops::int8_quantise(x).scales.item<float>() == 1.0f);
  CHECK(ops::int8_quantise(at::zeros({3, 5})).scales.item<float>() == 1e-8f / 128.0f);
}

TEST_CASE("int8 linear layers are the reference's, bit for bit") {
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    for (const auto& [m, n, k] :
         {MatmulShape{37, 64, 128}, MatmulShape{130, 136, 256}, MatmulShape{1, 1536, 1536},
          MatmulShape{7, 8, 4}, MatmulShape{257, 77, 300}, MatmulShape{128, 600, 1537}})
      for (const bool with_bias : {true, false}) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        const at::Tensor x = random({m, k}, 2).to(device, type);
        const ops::Int8Matrix weight = ops::int8_quantise(random({n, k}, 3).to(device));
        const at::Tensor bias = with_bias ? random({n}, 4).to(device, type) : at::Tensor();
        CHECK(same_bits(run(x, weight, bias), ops::reference::int8_linear(x, weight, bias)));
      }
  });
}

TEST_CASE("an int8 layer is close to the layer it stands for") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = random({2, 200, 1536}, 5).to(type), weight = random({1536, 1536}, 6).to(type);
    const at::Tensor exact = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
    CHECK(rel_l2(run(x, ops::int8_quantise(weight), {}), exact) < 0.03);
  }
}

TEST_CASE("blocks of activations run across the items of a batch") {
  const at::Tensor x = random({3, 70, 256}, 7);
  const ops::Int8Matrix weight = ops::int8_quantise(random({64, 256}, 8));
  CHECK(same_bits(run(x, weight, {}).view({210, 64}), run(x.view({210, 256}), weight, {})));
}

TEST_CASE("int8 layers give the same bits with any number of threads, and finite values for any input") {
  const ops::Int8Matrix weight = ops::int8_quantise(random({1000, 640}, 9));
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = random({700, 640}, 10).to(type);
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const at::Tensor one = run(x, weight, {});
    for (const int threads : {2, 3, 7}) {
      at::set_num_threads(threads);
      CHECK(same_bits(run(x, weight, {}), one));
    }
    at::set_num_threads(before);
    for (const double value : {0.0, 6e4, -6e4, 1e-30})
      CHECK(at::isfinite(run(at::full({129, 640}, value).to(type), weight, {})).all().item<bool>());
  }
}

TEST_CASE("weights and inputs that do not fit are refused") {
  const ops::Int8Matrix weight = ops::int8_quantise(random({200, 256}, 11));
  const Error scales = error_of([&] { ops::Int8Weight({weight.values, weight.scales.narrow(0, 0, 1)}); });
  CHECK(scales.message().find("2x2 scales") != std::string::npos);
  CHECK(error_of([&] { run(random({3, 128}, 12), weight, {}); }).code() == ErrorCode::bad_request);
}
