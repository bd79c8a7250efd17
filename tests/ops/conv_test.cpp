#include "ops/causal_conv3d.h"
#include "ops/channel_norm.h"
#include "ops/op_testing.h"
#include "ops/patchify.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE("3-D convolution agrees with a sum of taps in fp64") {
  struct Case {
    std::int64_t in, out, frames, rows, columns, kt, k, stride;
  };
  on_every({at::kFloat, at::kBFloat16}, [](at::Device device, at::ScalarType type) {
    for (const auto& c :
         {Case{96, 96, 3, 13, 9, 3, 3, 1}, Case{16, 384, 3, 5, 7, 3, 3, 1}, Case{96, 3, 4, 8, 8, 3, 3, 1},
          Case{192, 192, 5, 4, 6, 3, 1, 2}, Case{16, 16, 2, 5, 5, 1, 1, 1}, Case{6, 12, 3, 3, 3, 3, 3, 1}}) {
      CAPTURE(c.in);
      CAPTURE(c.out);
      const at::Tensor x = random({2, c.in, c.frames, c.rows, c.columns}, 1).to(device, type);
      const at::Tensor weight = random({c.out, c.in, c.kt, c.k, c.k}, 2).to(device, type),
                       bias = random({c.out}, 3).to(device, type);
      const std::array<std::int64_t, 2> padding{c.k / 2, c.k / 2};
      const at::Tensor fast = ops::conv3d(x, weight, bias, padding, c.stride);
      CHECK(rel_l2(fast, ops::reference::conv3d(x, weight, bias, padding, c.stride)) < tolerance(type));
      CHECK(fast.is_contiguous(at::MemoryFormat::ChannelsLast3d));
    }
  });
}

TEST_CASE("convolutions give the same bits wherever their weights lie") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor video = random({1, 48, 3, 9, 11}, 4).to(type);
    for (const std::int64_t k : {1, 3}) {
      const at::Tensor bias = random({40}, 5).to(type);
      CHECK(same_wherever_it_lies({random({40, 48, 3, k, k}, 6).to(type), bias}, [&](const auto& w) {
        return ops::conv3d(video, w[0], w[1], {k / 2, k / 2});
      }));
      CHECK(same_wherever_it_lies({random({40, 48, k, k}, 7).to(type), bias}, [&](const auto& w) {
        return ops::conv2d(video.select(2, 0), w[0], w[1], k / 2);
      }));
    }
  }
}

TEST_CASE("2-D convolution agrees with the 3-D one of a single frame") {
  const at::Tensor x = random({2, 24, 9, 11}, 7), weight = random({12, 24, 3, 3}, 8), bias = random({12}, 9);
  const at::Tensor flat = ops::conv2d(x, weight, bias, 1);
  const at::Tensor deep = ops::reference::conv3d(x.unsqueeze(2), weight.unsqueeze(2), bias, {1, 1});
  CHECK(rel_l2(flat, deep.squeeze(2)) < 2e-6);
  const at::Tensor halved = ops::conv2d(at::constant_pad_nd(x, {0, 1, 0, 1}), weight, bias, 0, 2);
  CHECK(halved.sizes().equals(at::IntArrayRef{2, 12, 4, 5}));
}

TEST_CASE("channel norm agrees with plain tensor operations") {
  on_every({at::kFloat, at::kBFloat16, at::kHalf}, [](at::Device device, at::ScalarType type) {
    for (const std::int64_t channels : {6, 96, 192, 384})
      for (const bool silu : {false, true}) {
        at::Tensor x = random({1, channels, 2, 5, 3}, 10);
        x.select(4, 0).zero_();  // a pixel without any signal
        x = x.to(device, type).contiguous(at::MemoryFormat::ChannelsLast3d);
        const at::Tensor gamma = random({channels}, 11).to(device);
        const at::Tensor fast = ops::channel_norm(x, gamma, silu);
        CHECK(rel_l2(fast, ops::reference::channel_norm(x.to(at::kFloat), gamma, silu)) < tolerance(type));
        CHECK(fast.is_contiguous(at::MemoryFormat::ChannelsLast3d));
      }
  });
}

TEST_CASE("patches go in as (channel, kt, kh, kw) and come out as (kt, kh, kw, channel)") {
  const at::Tensor x = random({2, 5, 3, 4, 6}, 12);
  const at::Tensor tokens = ops::patchify(x, {1, 2, 2});
  CHECK(tokens.sizes().equals(at::IntArrayRef{2, 18, 20}));
  // token 7 is frame 1, row 0, column 1; its element (channel 3, row 1, column 0)
  CHECK(tokens[1][7][3 * 4 + 2].item<float>() == x[1][3][1][1][2].item<float>());
  const at::Tensor swapped = tokens.view({2, 18, 5, 4}).transpose(2, 3).reshape({2, 18, 20});
  CHECK(same_bits(ops::unpatchify(swapped, {1, 2, 2}, 3, 4, 6), x));
}
