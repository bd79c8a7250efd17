#include "weights/safetensors.h"

#include <array>

#include "builders.h"
#include "contains.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

std::string refusal(const std::string& header, const std::string& data = "") {
  return error_of([&] { read_safetensors(as_file(make_safetensors(header, data))); }).message();
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape, int begin,
                  int end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

TEST_CASE("what the writer writes the reader reads") {
  TempDir dir;
  const auto path = dir / "out.safetensors";
  const std::array<float, 6> values = {1, -2, 3.5f, 0, 1e-30f, 6};
  const std::array<std::uint8_t, 3> bytes = {7, 0, 255};
  SafetensorsWriter writer(
      path, {{"b.weight", Dtype::f32, {2, 3}}, {"a", Dtype::u8, {3}}, {"none", Dtype::f16, {0, 4}}},
      {{"prompt", "a \"red\" circle\n红色"}, {"seed", "7"}});
  writer.write(std::span(values).first(1));
  writer.write(std::span(values).subspan(1));
  writer.write(bytes);
  writer.finish();

  const auto source = TensorSource::open(path);
  CHECK(source->format() == FileFormat::safetensors);
  CHECK(source->names() == std::vector<std::string>{"b.weight", "a", "none"});
  CHECK(source->metadata().at("prompt") == "a \"red\" circle\n红色");
  CHECK(source->metadata().at("seed") == "7");
  CHECK(to_floats(source->at("b.weight")) == std::vector<float>(values.begin(), values.end()));
  CHECK(source->at("b.weight").aligned());
  CHECK(to_floats(source->at("a")) == std::vector<float>{7, 0, 255});
  CHECK(source->at("none").numel() == 0);
  const auto begin = source->at("b.weight").data - source->files().at(0).file->bytes().data();
  CHECK(begin % 64 == 0);
}

TEST_CASE("the writer refuses too much, too little and twice the same name") {
  TempDir dir;
  const std::vector<TensorSpec> one = {{"a", Dtype::u8, {3}}};
  const std::array<std::uint8_t, 4> bytes = {};
  CHECK(contains(error_of([&] { SafetensorsWriter(dir / "x", one).write(bytes); }).message(), "more data"));
  CHECK(contains(error_of([&] { SafetensorsWriter(dir / "x", one).finish(); }).message(),
                 "3 bytes are missing"));
  CHECK(contains(error_of([&] { SafetensorsWriter(dir / "x", {one[0], one[0]}); }).message(), "tensor 'a'"));
  CHECK(contains(error_of([&] { SafetensorsWriter(dir / "no" / "x", one); }).message(), "cannot create"));
  CHECK(contains(error_of([&] {
                   write_safetensors(dir / "x", {{one[0], bytes}});
                 }).message(),
                 "comes with 4 bytes"));
}

TEST_CASE("a header that is damaged, too large or not what the format allows") {
  CHECK(contains(
      error_of([] { read_safetensors(as_file(little_endian<std::uint64_t>(100'000'001) + "{}")); }).message(),
      "header claims 100000001 bytes"));
  CHECK(
      contains(error_of([] { read_safetensors(as_file(little_endian<std::uint64_t>(50) + "{}")); }).message(),
               "ends at byte 10"));
  CHECK(contains(refusal("{\"a\":"), "not JSON"));
  CHECK(contains(refusal("[]"), "a list where none belongs"));
  CHECK(contains(refusal("{\"a\":1}"), "'a' has a number"));
  CHECK(contains(refusal("{\"a\":null}"), "'a' has a null"));
  CHECK(contains(refusal("{\"a\":{}}"), "'a' lacks its dtype"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "1234"), "lacks"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", "1234"),
                 "more than two"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "1234"),
                 "negative"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", "1234"),
                 "no integer"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}", "1234"),
                 "a list"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":{\"b\":1}}}"), "an object where none belongs"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":7}}"), "a number where none belongs"));
  CHECK(contains(refusal("{\"a\":{\"shape\":null}}"), "a null where none belongs"));
  CHECK(contains(refusal("{\"__metadata__\":7}"), "its header has a number"));
  CHECK(contains(
      refusal("{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("a", "F32", "[1]", 4, 8) + "}", "12345678"),
      "'a' twice"));
}

TEST_CASE("what the format does not ask for is no reason to refuse a file") {
  const std::string one = entry("a", "F32", "[1]", 0, 4);
  const auto read = [&](const std::string& header) {
    return read_safetensors(as_file(make_safetensors(header, floats({2.5f}))));
  };
  CHECK(read("{\"__metadata__\":null," + one + "}").tensors.size() == 1);
  CHECK(read("{" + one + ",\"__metadata__\":null}").metadata.empty());
  const auto odd = read(
      "{\"__metadata__\":{\"step\":7,\"loss\":-0.5,\"ema\":true,\"note\":null,\"name\":\"x\","
      "\"list\":[1,[2],{\"a\":1}],\"more\":{\"b\":[]}}," +
      one + "}");
  CHECK(odd.metadata ==
        std::map<std::string, std::string>{{"step", "7"}, {"loss", "-0.5"}, {"ema", "true"}, {"name", "x"}});
  CHECK(to_floats(odd.tensors.at(0)) == std::vector<float>{2.5f});
  CHECK(read(R"({"a":{"dtype":"F32","scale":[0.5,{"x":null}],"shape":[1],"by":"someone",)"
             R"("data_offsets":[0,4],"crc":7}})")
            .tensors.size() == 1);
  CHECK(read("{" + one + "}" + std::string(300'000, ' ')).tensors.size() == 1);
}

TEST_CASE("element types that cannot be read matter to those who need them only") {
  struct Case {
    std::string dtype, shape;
    int bytes;
  };
  for (const Case& c : {Case{"U16", "[2]", 4}, Case{"U32", "[3]", 12}, Case{"U64", "[1]", 8},
                        Case{"C64", "[1]", 8}, Case{"F8_E8M0", "[4]", 4}, Case{"F8_E4M3FNUZ", "[4]", 4},
                        Case{"F8_E5M2FNUZ", "[4]", 4}, Case{"F4", "[8]", 4}, Case{"F6_E2M3", "[4]", 3},
                        Case{"F6_E3M2", "[8]", 6}, Case{"Q7_NEW", "[5]", 2}}) {
    CAPTURE(c.dtype);
    const auto file =
        as_file(make_safetensors("{" + entry("odd", c.dtype, c.shape, 0, c.bytes) + "," +
                                     entry("a", "F32", "[1]", c.bytes, c.bytes + 4) + "}",
                                 std::string(static_cast<std::size_t>(c.bytes), '\1') + floats({2.5f})));
    const auto table = read_safetensors(file);
    REQUIRE(table.tensors.size() == 2);
    CHECK(to_floats(table.tensors[1]) == std::vector<float>{2.5f});
    const TensorView& odd = table.tensors[0];
    CHECK_FALSE(odd.readable());
    CHECK(shape_text(odd.shape) == c.shape);
    CHECK(odd.span_bytes() == 0);
    for (const Error& error : {error_of([&] { to_floats(odd); }), error_of([&] {
                                 std::vector<std::uint8_t> out(64);
                                 copy_elements(odd, out.data());
                               })}) {
      CHECK(contains(error.message(), "tensor 'odd' has the element type " + c.dtype));
      CHECK(contains(error.hint(), "supported are"));
      CHECK_FALSE(contains(error.hint(), "damaged"));
    }
  }
  // The size of a known type is checked all the same.
  CHECK(contains(refusal("{" + entry("a", "U16", "[2]", 0, 2) + "}", "12"),
                 "of shape [2] and dtype U16 has 2 bytes"));
  CHECK(contains(refusal("{" + entry("a", "F4", "[3]", 0, 1) + "}", "1"), "dtype F4"));
}

TEST_CASE("deep nesting in the header costs nothing") {
  CHECK(contains(refusal("{\"a\":" + std::string(1'000'000, '[')), "a list where none belongs"));
  CHECK(contains(refusal(std::string("{\"a\":{\"shape\":") + std::string(1'000'000, '{')),
                 "an object where none"));
  std::string deep = "{\"__metadata__\":{\"x\":";
  for (int i = 0; i < 1'000'000; ++i) deep += "[";
  CHECK(contains(refusal(deep), "nests deeper than 100"));
}

TEST_CASE("ranges must match dtype and shape and cover the data exactly") {
  CHECK(contains(refusal("{" + entry("a", "F32", "[2]", 0, 4) + "}", "1234"),
                 "of shape [2] and dtype F32 has 4 bytes"));
  CHECK(
      contains(refusal("{" + entry("a", "F32", "[2]", 0, 8) + "}", "1234"), "reaches to byte 8 of the data"));
  CHECK(contains(refusal("{" + entry("a", "F32", "[1]", 8, 4) + "}", "12345678"), "ends before it begins"));
  CHECK(contains(refusal("{" + entry("a", "F32", "[9223372036854775807,4]", 0, 4) + "}", "1234"),
                 "has 4 bytes"));
  CHECK(contains(
      refusal("{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("b", "F32", "[1]", 0, 4) + "}", "1234"),
      "overlap another"));
  CHECK(contains(
      refusal("{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("b", "F16", "[1]", 5, 7) + "}", "1234567"),
      "do not follow"));
  CHECK(contains(refusal("{" + entry("a", "F32", "[1]", 0, 4) + "}", "12345"), "1 bytes at its end"));
  CHECK(read_safetensors(as_file(make_safetensors("{}   "))).tensors.empty());
}

TEST_CASE("unaligned data are read all the same") {
  const auto file =
      as_file(make_safetensors("{" + entry("a", "F32", "[2]", 0, 8) + "} ", floats({1.5f, -2})));
  const auto table = read_safetensors(file);
  CHECK_FALSE(table.tensors.at(0).aligned());
  CHECK(to_floats(table.tensors[0]) == std::vector<float>{1.5f, -2});
}
