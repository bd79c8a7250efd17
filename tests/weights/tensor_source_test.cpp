#include "weights/tensor_source.h"

#include <nlohmann/json.hpp>

#include "builders.h"
#include "contains.h"
#include "weights/safetensors_writer.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

void write_shard(const std::filesystem::path& path, const std::string& tensor, float value) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof(value));
  write_safetensors(path, {{{tensor, Dtype::f32, {1}}, bytes}}, {{"format", "pt"}});
}

}  // namespace

TEST_CASE("the format is recognised by content, whatever the file is called") {
  TempDir dir;
  std::filesystem::copy_file(data_file("pth_edge/module_state_dict.pth"), dir / "a.bin");
  std::filesystem::copy_file(data_file("pth_edge/expected.safetensors"), dir / "b.pth");
  std::filesystem::copy_file(data_file("gguf/all_types.gguf"), dir / "c.safetensors");
  CHECK(name_of(TensorSource::open(dir / "a.bin")->format()) == "pth");
  CHECK(name_of(TensorSource::open(dir / "b.pth")->format()) == "safetensors");
  CHECK(name_of(TensorSource::open(dir / "c.safetensors")->format()) == "gguf");
}

TEST_CASE("common mistakes are named") {
  TempDir dir;
  const auto refusal = [&](const std::string& bytes) {
    write_file(dir / "x.pth", bytes);
    const Error error = error_of([&] { TensorSource::open(dir / "x.pth"); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(contains(error.message(), "x.pth"));
    CHECK_FALSE(error.hint().empty());
    return error.message();
  };
  CHECK(contains(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "Git LFS pointer"));
  for (const char* page : {"<!DOCTYPE html><html>404</html>", "\n  <!doctype HTML>",
                           "\xef\xbb\xbf<HTML lang=en>", "<head>", "<!-- saved --><html>"})
    CHECK(contains(refusal(page), "web page"));
  CHECK(contains(refusal("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), "answer in XML"));
  CHECK(contains(refusal("{\"error\":\"Invalid username or password.\"}"), "server's error message"));
  CHECK(contains(refusal("Entry not found"), "server's answer, not a model: Entry not found"));
  CHECK(contains(refusal("../../blobs/0123abcd"), "a link that was copied as text"));
  CHECK(contains(refusal("/annex/objects/SHA256E-s1--0.pth\n"), "git-annex pointer"));
  CHECK(contains(refusal("\x1f\x8b\x08 and so on"), "packed with gzip"));
  CHECK(contains(refusal(std::string(10'000, '\0')), "begins with zeros"));
  CHECK(contains(refusal(std::string("\x80\x04\x95\0\0", 5)), "bare pickle"));
  CHECK(contains(refusal("some text that is no model"), "format is not known"));
  CHECK(contains(refusal(make_zip({})), "empty zip archive"));
  CHECK(contains(error_of([&] { TensorSource::open(dir / "missing.pth"); }).message(), "missing.pth"));
  CHECK(contains(error_of([&] { TensorSource::open("/dev/null"); }).message(), "not a regular file"));
}

TEST_CASE("names, lookups and the ranges for the fingerprint") {
  const auto source = TensorSource::open(data_file("pth_edge/module_state_dict.pth"));
  CHECK(source->names() == std::vector<std::string>{"head.weight", "head.bias"});
  CHECK(source->find("head.weight") == &source->at("head.weight"));
  CHECK(source->find("nothing") == nullptr);
  CHECK(contains(error_of([&] { source->at("nothing"); }).message(), "has no tensor 'nothing'"));
  REQUIRE(source->files().size() == 1);
  const auto bytes = source->files()[0].file->bytes();
  REQUIRE(source->files()[0].header.size() == 2);
  const ByteRange pickle = source->files()[0].header[0];
  CHECK(bytes[pickle.offset] == 0x80);
  CHECK(bytes[pickle.offset + pickle.length - 1] == '.');
  const ByteRange directory = source->files()[0].header[1];
  CHECK(directory.offset + directory.length == bytes.size());
}

TEST_CASE("sharded safetensors open through their index") {
  TempDir dir;
  write_shard(dir / "m-00001-of-00002.safetensors", "a", 1);
  write_shard(dir / "m-00002-of-00002.safetensors", "b", 2);
  const auto write_index = [&](const nlohmann::json& map) {
    write_file(dir / "m.safetensors.index.json", nlohmann::json{{"weight_map", map}}.dump());
  };
  write_index({{"a", "m-00001-of-00002.safetensors"}, {"b", "m-00002-of-00002.safetensors"}});
  const auto source = TensorSource::open(dir / "m.safetensors.index.json");
  CHECK(source->names() == std::vector<std::string>{"a", "b"});
  CHECK(to_floats(source->at("b")) == std::vector<float>{2});
  CHECK(source->files().size() == 3);
  CHECK(source->metadata().at("format") == "pt");

  CHECK(TensorSource::open(dir.path())->names().size() == 2);

  const auto refusal = [&] {
    return error_of([&] { TensorSource::open(dir / "m.safetensors.index.json"); }).message();
  };
  write_index({{"a", "m-00001-of-00002.safetensors"}, {"c", "m-00002-of-00002.safetensors"}});
  CHECK(contains(refusal(), "m-00002-of-00002.safetensors': it lacks tensor 'c'"));
  write_index({{"a", "missing.safetensors"}});
  CHECK(contains(refusal(), "needs the shard 'missing.safetensors'"));
  write_index({{"a", "m-00001-of-00002.safetensors"}, {"b", "x1"}, {"c", "x2"}, {"d", "x3"}});
  CHECK(contains(refusal(),
                 "needs the shard 'x1', which is not beside it, and 2 more of its 4 shards are missing"));
  write_index({{"a", "../m-00001-of-00002.safetensors"}});
  CHECK(contains(refusal(), "not in a file beside the index"));
  write_index({{"a", 7}});
  CHECK(contains(refusal(), "not in a file beside the index"));
  write_index({});
  CHECK(contains(refusal(), "no index of safetensors shards"));
  write_file(dir / "m.safetensors.index.json", "{\"weight_map\": " + std::string(100'000, '['));
  CHECK(contains(refusal(), "no index of safetensors shards"));
  write_shard(dir / "m-00002-of-00002.safetensors", "a", 2);
  write_index({{"a", "m-00001-of-00002.safetensors"}, {"b", "m-00002-of-00002.safetensors"}});
  CHECK(contains(refusal(), "tensor 'a' is in another shard"));
}

TEST_CASE("a folder stands for the one model file in it") {
  TempDir dir;
  const Error empty = error_of([&] { TensorSource::open(dir.path()); });
  CHECK(contains(empty.message(), "is a folder with 0 model files"));
  write_shard(dir / "model.safetensors", "a", 1);
  write_file(dir / "config.json", "{}");
  CHECK(TensorSource::open(dir.path())->path() == dir / "model.safetensors");
  write_shard(dir / "model.fp16.safetensors", "a", 1);
  CHECK(contains(error_of([&] { TensorSource::open(dir.path()); }).message(),
                 "is a folder with 2 model files"));
}
