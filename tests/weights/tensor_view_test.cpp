#include "weights/tensor_view.h"

#include <bit>
#include <cmath>
#include <limits>

#include "builders.h"
#include "weights/float_bits.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

TensorView view_of(const std::string& bytes, Dtype dtype, std::vector<std::int64_t> shape,
                   std::vector<std::int64_t> strides) {
  const auto file = as_file(bytes);
  return {"w", dtype, std::move(shape), std::move(strides), file.bytes.data(), file.owner, BlockFormat::none};
}

TensorView view_of(const std::string& bytes, Dtype dtype, std::vector<std::int64_t> shape) {
  auto strides = contiguous_strides(shape);
  return view_of(bytes, dtype, std::move(shape), std::move(strides));
}

/// The value a format with `exponent_bits` and `mantissa_bits` gives to `code`, from the definition.
double decoded(unsigned code, int exponent_bits, int mantissa_bits, int bias) {
  const unsigned mantissa = code & ((1u << mantissa_bits) - 1);
  const int exponent = static_cast<int>(code >> mantissa_bits & ((1u << exponent_bits) - 1));
  const double sign = (code >> (exponent_bits + mantissa_bits) & 1) != 0 ? -1 : 1;
  const double fraction = std::ldexp(static_cast<double>(mantissa), -mantissa_bits);
  return exponent == 0 ? sign * std::ldexp(fraction, 1 - bias)
                       : sign * std::ldexp(1 + fraction, exponent - bias);
}

bool same_bits(float a, double b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(static_cast<float>(b));
}

}  // namespace

TEST_CASE("floating-point types are distinguished from whole ones") {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32, Dtype::f16, Dtype::bf16, Dtype::f8_e4m3, Dtype::f8_e5m2})
    CHECK_MESSAGE(is_floating(dtype), name_of(dtype));
  for (const Dtype dtype : {Dtype::i64, Dtype::i32, Dtype::i16, Dtype::i8, Dtype::u8, Dtype::boolean})
    CHECK_MESSAGE(!is_floating(dtype), name_of(dtype));
}

TEST_CASE("all 65,536 halves and bfloat16 values") {
  int wrong = 0;
  for (unsigned code = 0; code < 65536; ++code) {
    const float half = half_to_float(static_cast<std::uint16_t>(code));
    if ((code & 0x7c00) != 0x7c00)
      wrong += !same_bits(half, decoded(code, 5, 10, 15));
    else if ((code & 0x3ff) != 0)
      wrong += !std::isnan(half);
    else
      wrong += half != ((code & 0x8000) != 0 ? -INFINITY : INFINITY);
    if ((code & 0x7f80) != 0x7f80)
      wrong += !same_bits(bf16_to_float(static_cast<std::uint16_t>(code)), decoded(code, 8, 7, 127));
  }
  CHECK(wrong == 0);
}

TEST_CASE("all 256 values of both fp8 formats") {
  int wrong = 0;
  for (unsigned code = 0; code < 256; ++code) {
    const float e4m3 = e4m3_to_float(static_cast<std::uint8_t>(code));
    wrong += (code & 0x7f) == 0x7f ? !std::isnan(e4m3) : !same_bits(e4m3, decoded(code, 4, 3, 7));
    const float e5m2 = e5m2_to_float(static_cast<std::uint8_t>(code));
    if ((code & 0x7c) != 0x7c) wrong += !same_bits(e5m2, decoded(code, 5, 2, 15));
  }
  CHECK(wrong == 0);
  CHECK(e4m3_to_float(0x7e) == 448.0f);
  CHECK(e5m2_to_float(0x7b) == 57344.0f);
  CHECK(e5m2_to_float(0xfc) == -INFINITY);
}

TEST_CASE("every dtype widens to float") {
  const auto one = [](Dtype dtype, const std::string& bytes) {
    return to_floats(view_of(bytes, dtype, {1})).at(0);
  };
  CHECK(one(Dtype::f64, little_endian(0.1)) == 0.1f);
  CHECK(one(Dtype::f32, little_endian(0.1f)) == 0.1f);
  CHECK(one(Dtype::f16, "\x66\x2e") == half_to_float(0x2e66));
  CHECK(one(Dtype::bf16, "\xc0\x3f") == 1.5f);
  CHECK(one(Dtype::f8_e4m3, "\x38") == 1.0f);
  CHECK(one(Dtype::f8_e5m2, "\xbc") == -1.0f);
  CHECK(one(Dtype::i64, little_endian<std::int64_t>(-(1LL << 40))) == -0x1p40f);
  CHECK(one(Dtype::i32, little_endian(-7)) == -7.0f);
  CHECK(one(Dtype::i16, little_endian<std::int16_t>(-300)) == -300.0f);
  CHECK(one(Dtype::i8, "\x80") == -128.0f);
  CHECK(one(Dtype::u8, "\x80") == 128.0f);
  CHECK(one(Dtype::boolean, "\x02") == 1.0f);
}

TEST_CASE("strided views are read in row-major order") {
  const std::string bytes = floats({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const auto transposed = view_of(bytes, Dtype::f32, {4, 3}, {1, 4});
  CHECK_FALSE(transposed.contiguous());
  CHECK(to_floats(transposed) == std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  CHECK(to_floats(view_of(bytes, Dtype::f32, {2, 3, 2}, {2, 4, 1})) ==
        std::vector<float>{0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11});
  CHECK(to_floats(view_of(bytes, Dtype::f32, {3, 2}, {0, 5})) == std::vector<float>{0, 5, 0, 5, 0, 5});
  CHECK(view_of(bytes, Dtype::f32, {1, 12}, {999, 1}).contiguous());
  CHECK(view_of(bytes, Dtype::f32, {0, 12}, {7, 7}).contiguous());
  CHECK(to_floats(view_of(bytes, Dtype::f32, {3, 0}, {7, 7})).empty());
  CHECK(to_floats(view_of(bytes, Dtype::f32, {}, {})) == std::vector<float>{0});
}

TEST_CASE("copies and new shapes") {
  const std::string bytes = floats({0, 1, 2, 3, 4, 5});
  const auto view = view_of(bytes, Dtype::f32, {3, 2}, {1, 3});
  std::vector<float> copy(6);
  copy_elements(view, reinterpret_cast<std::uint8_t*>(copy.data()));
  CHECK(copy == std::vector<float>{0, 3, 1, 4, 2, 5});

  const TensorView copied = reshaped(view, {2, 1, 3});
  CHECK(copied.contiguous());
  CHECK(copied.data != view.data);
  CHECK(to_floats(copied) == copy);

  const auto straight = view_of(bytes, Dtype::f32, {3, 2});
  CHECK(reshaped(straight, {6}).data == straight.data);
  const Error error = error_of([&] { reshaped(straight, {4, 2}); });
  CHECK(error.message() == "tensor 'w' of shape [3, 2] cannot be seen as [4, 2]");
  const TensorView blocks{"q", Dtype::f32, {32}, {1}, straight.data, straight.owner, BlockFormat::q8_0};
  CHECK(error_of([&] { copy_elements(blocks, nullptr); }).message().find("packed as Q8_0") !=
        std::string::npos);
}

TEST_CASE("shapes as text") {
  CHECK(shape_text({}) == "[]");
  CHECK(shape_text({2, 3}) == "[2, 3]");
  CHECK(contiguous_strides({2, 0, 3}) == std::vector<std::int64_t>{3, 3, 1});
}
