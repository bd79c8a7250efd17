#include "weights/block_format.h"

#include "builders.h"
#include "weights/tensor_view.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

// The values of every format are compared with the reference in gguf_test.cpp; here are blocks worked out by
// hand.

TEST_CASE("sizes and names") {
  CHECK(layout_of(BlockFormat::q8_0).bytes == 34);
  CHECK(layout_of(BlockFormat::q8_0).elements == 32);
  CHECK(layout_of(BlockFormat::q6_k).bytes == 210);
  CHECK(layout_of(BlockFormat::iq4_xs).elements == 256);
  CHECK(name_of(BlockFormat::iq4_nl) == "IQ4_NL");
  CHECK(name_of(BlockFormat::none).empty());
}

TEST_CASE("Q8_0 and Q4_0 by hand") {
  std::vector<std::uint8_t> block(34);
  block[1] = 0x38;  // 0.5 as binary16
  for (int j = 0; j < 32; ++j) block[static_cast<std::size_t>(2 + j)] = static_cast<std::uint8_t>(j - 16);
  float out[32];
  dequantise(BlockFormat::q8_0, block.data(), 1, out);
  for (int j = 0; j < 32; ++j) CHECK(out[j] == 0.5f * static_cast<float>(j - 16));

  block.assign(18, 0xf0);
  block[0] = 0;
  block[1] = 0xc0;  // -2
  dequantise(BlockFormat::q4_0, block.data(), 1, out);
  CHECK(out[0] == 16.0f);
  CHECK(out[15] == 16.0f);
  CHECK(out[16] == -14.0f);
  CHECK(out[31] == -14.0f);
}

TEST_CASE("a row that was given a new shape is read in whole and partial blocks") {
  std::string data;
  for (int i = 0; i < 2; ++i) data += std::string("\x00\x3c", 2) + std::string(32, static_cast<char>(i + 1));
  const auto file = as_file(data);
  const TensorView view{"w", Dtype::f32, {40}, {1}, file.bytes.data(), file.owner, BlockFormat::q8_0};
  const auto values = to_floats(view);
  REQUIRE(values.size() == 40);
  CHECK(values[31] == 1.0f);
  CHECK(values[32] == 2.0f);
  CHECK(view.span_bytes() == 68);
}
