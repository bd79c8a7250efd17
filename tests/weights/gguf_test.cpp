#include "weights/gguf.h"

#include "builders.h"
#include "contains.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

constexpr std::uint32_t f32 = 0;
constexpr std::uint32_t q8_0 = 8;

std::string refusal(const std::string& file) {
  return error_of([&] { read_gguf(as_file(file)); }).message();
}

std::string u32_pair(const std::string& key, std::uint32_t value) {
  return gguf_text(key) + little_endian(4u) + little_endian(value);
}

std::string shape_pair(const std::string& name, const std::vector<std::int32_t>& shape) {
  std::string pair = gguf_text("comfy.gguf.orig_shape." + name) + little_endian(9u) + little_endian(5u) +
                     little_endian<std::uint64_t>(shape.size());
  for (const std::int32_t size : shape) pair += little_endian(size);
  return pair;
}

}  // namespace

TEST_CASE("every type gives the expected values, bit for bit") {
  const auto source = TensorSource::open(data_file("gguf/all_types.gguf"));
  const auto expected = TensorSource::open(data_file("gguf/all_types_expected.safetensors"));
  CHECK(source->format() == FileFormat::gguf);
  CHECK(expected->names().size() == 18);
  for (const TensorView& want : expected->tensors()) {
    CAPTURE(want.name);
    const TensorView& got = source->at(want.name);
    CHECK(got.shape == want.shape);
    const auto values = to_floats(got);
    const auto wanted = to_floats(want);
    REQUIRE(values.size() == wanted.size());
    CHECK(std::memcmp(values.data(), wanted.data(), values.size() * sizeof(float)) == 0);
  }
  CHECK(source->at("t.q4_k").block == BlockFormat::q4_k);
  CHECK(source->at("t.i32").dtype == Dtype::i32);
  CHECK(source->at("t.f16_5d").shape == std::vector<std::int64_t>{3, 2, 1, 2, 4});
}

TEST_CASE("metadata come as text") {
  const std::string text_array = gguf_text("names") + little_endian(9u) + little_endian(8u) +
                                 little_endian<std::uint64_t>(2) + gguf_text("a") + gguf_text("b");
  std::string numbers =
      gguf_text("numbers") + little_endian(9u) + little_endian(0u) + little_endian<std::uint64_t>(65);
  numbers += std::string(65, '\1');
  const std::string pairs[] = {gguf_text("general.architecture") + little_endian(8u) + gguf_text("wan"),
                               gguf_text("scale") + little_endian(6u) + little_endian(0.5f),
                               gguf_text("flag") + little_endian(7u) + "\1",
                               gguf_text("minus") + little_endian(11u) + little_endian<std::int64_t>(-5),
                               text_array,
                               numbers};
  const auto table = read_gguf(as_file(make_gguf({std::begin(pairs), std::end(pairs)}, {}, "", 2)));
  CHECK(table.metadata.at("general.architecture") == "wan");
  CHECK(table.metadata.at("scale") == "0.5");
  CHECK(table.metadata.at("flag") == "true");
  CHECK(table.metadata.at("minus") == "-5");
  CHECK(table.metadata.at("names") == "[a, b]");
  CHECK(table.metadata.at("numbers") == "[65 values]");
}

TEST_CASE("alignment and original shape") {
  const std::string values = floats({1, 2, 3, 4, 5, 6, 7, 8});
  const auto file = make_gguf({u32_pair("general.alignment", 64), shape_pair("w", {2, 1, 2, 1, 2})},
                              {gguf_tensor("w", {4, 2}, f32, 0), gguf_tensor("v", {2}, f32, 64)},
                              values + std::string(32, '\0') + floats({9, 10}), 3, 64);
  const auto table = read_gguf(as_file(file));
  CHECK(table.tensors.at(0).shape == std::vector<std::int64_t>{2, 1, 2, 1, 2});
  CHECK(to_floats(table.tensors[0]) == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(to_floats(table.tensors.at(1)) == std::vector<float>{9, 10});
  CHECK(contains(refusal(make_gguf({shape_pair("w", {3, 2})}, {gguf_tensor("w", {4, 2}, f32, 0)}, values)),
                 "tensor 'w' has 8 values"));
  CHECK(contains(refusal(make_gguf({u32_pair("general.alignment", 12)}, {}, "")), "general.alignment is 12"));
  CHECK(contains(refusal(make_gguf({u32_pair("general.alignment", 0)}, {}, "")), "general.alignment is 0"));
}

TEST_CASE("files that are no readable GGUF") {
  CHECK(contains(refusal("GGUX" + std::string(20, '\0')), "no GGUF file"));
  CHECK(contains(refusal(make_gguf({}, {}, "", 1)), "version 1"));
  const Error swapped = error_of([] { read_gguf(as_file(make_gguf({}, {}, "", 0x03000000))); });
  CHECK(contains(swapped.message(), "big-endian"));
  CHECK(contains(swapped.hint(), "little-endian"));
  CHECK_FALSE(contains(swapped.hint(), "damaged"));
  CHECK(contains(
      refusal("GGUF" + little_endian(3u) + little_endian(UINT64_MAX) + little_endian<std::uint64_t>(0)),
      "more than its size allows"));
  CHECK(contains(
      refusal("GGUF" + little_endian(3u) + little_endian<std::uint64_t>(0) + little_endian(UINT64_MAX)),
      "more than its size allows"));
  CHECK(contains(refusal(make_gguf({little_endian(UINT64_MAX) + std::string(16, 'k')}, {}, "")),
                 "ends within a key"));
  CHECK(contains(refusal(make_gguf({gguf_text("k") + little_endian(99u)}, {}, "")),
                 "key 'k' has the unknown type 99"));
  CHECK_FALSE(contains(
      error_of([] { read_gguf(as_file(make_gguf({gguf_text("k") + little_endian(99u)}, {}, ""))); }).hint(),
      "damaged"));
  CHECK(contains(
      refusal(make_gguf({gguf_text("k") + little_endian(9u) + little_endian(0u) + little_endian(UINT64_MAX)},
                        {}, "")),
      "claims 18446744073709551615 values"));
  CHECK(contains(refusal(make_gguf({u32_pair("k", 1), u32_pair("k", 2)}, {}, "")), "key 'k' twice"));
}

TEST_CASE("tensors that do not fit the file") {
  const std::string data(64, '\0');
  const auto one = [&](const std::string& tensor) { return refusal(make_gguf({}, {tensor}, data)); };
  CHECK(contains(one(gguf_tensor("w", {17}, f32, 0)),
                 "tensor 'w' of 68 bytes at offset 0 reaches beyond the 64 bytes"));
  CHECK(contains(one(gguf_tensor("w", {1}, f32, 96)), "reaches beyond"));
  CHECK(contains(one(gguf_tensor("w", {1}, f32, UINT64_MAX - 31)), "reaches beyond"));
  CHECK(contains(one(gguf_tensor("w", {1}, f32, 4)), "not aligned"));
  CHECK(contains(one(gguf_tensor("w", {UINT64_MAX}, f32, 0)), "impossible shape"));
  CHECK(contains(one(gguf_tensor("w", {1ull << 40, 1ull << 40}, f32, 0)), "impossible shape"));
  CHECK(contains(one(gguf_tensor("w", {1ull << 62}, f32, 0)), "impossible shape"));
  CHECK(contains(one(gguf_tensor("w", {33}, q8_0, 0)),
                 "rows that are no multiple of the 32 values of a Q8_0 block"));
  CHECK(contains(one(gguf_tensor("w", std::vector<std::uint64_t>(9, 1), f32, 0)), "9 dimensions"));
  CHECK(contains(one(gguf_tensor("w", {1}, 16, 0)),
                 "rows that are no multiple of the 256 values of a IQ2_XXS block"));
  CHECK(contains(one(gguf_tensor("w", {256}, 16, 0)), "of 66 bytes at offset 0 reaches beyond"));
  CHECK(contains(one(gguf_tensor("w", {1}, 4711, 96)), "reaches beyond"));
  CHECK(
      contains(refusal(make_gguf({}, {gguf_tensor("w", {9}, f32, 0), gguf_tensor("v", {1}, f32, 32)}, data)),
               "'v' overlap another"));
  CHECK(
      contains(refusal(make_gguf({}, {gguf_tensor("w", {1}, f32, 0), gguf_tensor("w", {1}, f32, 32)}, data)),
               "two tensors 'w'"));
}

TEST_CASE("a tensor of a type that cannot be read matters to those who need it only") {
  const auto file = as_file(make_gguf({},
                                      {gguf_tensor("odd", {256}, 16, 0), gguf_tensor("new", {7, 3}, 4711, 96),
                                       gguf_tensor("w", {1}, f32, 128)},
                                      std::string(128, '\1') + floats({2.5f})));
  const auto table = read_gguf(file);
  REQUIRE(table.tensors.size() == 3);
  CHECK(to_floats(table.tensors[2]) == std::vector<float>{2.5f});
  CHECK(table.tensors[0].unreadable == "IQ2_XXS");
  CHECK(table.tensors[1].unreadable == "GGUF type 4711");
  CHECK(table.tensors[1].shape == std::vector<std::int64_t>{3, 7});
  const Error error = error_of([&] { to_floats(table.tensors[0]); });
  CHECK(contains(error.message(), "tensor 'odd' has the element type IQ2_XXS, which cannot be read"));
  CHECK(contains(error.hint(), "IQ4_XS"));
}

TEST_CASE("arrays of arrays are read over, one part of a split model is named") {
  const std::string inner =
      little_endian(4u) + little_endian<std::uint64_t>(2) + little_endian(5u) + little_endian(6u);
  const std::string nested = gguf_text("k") + little_endian(9u) + little_endian(9u) +
                             little_endian<std::uint64_t>(2) + inner + inner;
  const auto table = read_gguf(as_file(make_gguf({nested, u32_pair("after", 7)}, {}, "")));
  CHECK(table.metadata.at("k") == "[[5, 6], [5, 6]]");
  CHECK(table.metadata.at("after") == "7");
  std::string deep = gguf_text("k") + little_endian(9u);
  for (int i = 0; i < 50; ++i) deep += little_endian(9u) + little_endian<std::uint64_t>(1);
  CHECK(contains(refusal(make_gguf({deep}, {}, "")), "nests deeper than 8"));

  CHECK(read_gguf(as_file(make_gguf({u32_pair("split.count", 1)}, {}, ""))).tensors.empty());
  const Error part = error_of([] { read_gguf(as_file(make_gguf({u32_pair("split.count", 3)}, {}, ""))); });
  CHECK(contains(part.message(), "one of 3 parts"));
  CHECK(contains(part.hint(), "--merge"));
}
