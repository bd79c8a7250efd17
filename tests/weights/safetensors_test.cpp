#include "weights/safetensors.h"

#include <array>

#include "builders.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

std::string refusal(const std::string& header, const std::string& data = "") {
  return error_of([&] { read_safetensors(as_file(make_safetensors(header, data))); }).message();
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
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
  CHECK(source->files().at(0).header.at(0).length % 8 == 0);
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
  CHECK(contains(refusal("{\"a\":{\"shapes\":[1]}}"), "unknown key 'shapes'"));
  CHECK(contains(refusal("{\"a\":{\"dtype\":{\"b\":1}}}"), "nests deeper"));
  CHECK(contains(refusal("{\"__metadata__\":{\"a\":1}}"), "its header has a number"));
  CHECK(contains(
      refusal("{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("a", "F32", "[1]", 4, 8) + "}", "12345678"),
      "'a' twice"));
  const Error dtype = error_of(
      [] { read_safetensors(as_file(make_safetensors("{" + entry("a", "F4", "[8]", 0, 4) + "}", "1234"))); });
  CHECK(contains(dtype.message(), "tensor 'a' has the unsupported dtype 'F4'"));
  CHECK(contains(dtype.hint(), "F8_E4M3"));
}

TEST_CASE("deep nesting in the header costs nothing") {
  CHECK(contains(refusal("{\"a\":" + std::string(1'000'000, '[')), "a list where none belongs"));
  CHECK(contains(refusal(std::string("{\"a\":{\"shape\":") + std::string(1'000'000, '{')), "nests deeper"));
}

TEST_CASE("ranges must match dtype and shape and cover the data exactly") {
  CHECK(contains(refusal("{" + entry("a", "F32", "[2]", 0, 4) + "}", "1234"),
                 "of shape [2] and dtype fp32 has 4 bytes"));
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
