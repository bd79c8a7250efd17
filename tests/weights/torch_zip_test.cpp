#include "weights/torch_zip.h"

#include "builders.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

/// Compares every tensor `prefix`NAME of the expected file with tensor NAME of `source`; returns how many
/// there were.
int compare_all(const TensorSource& source, const std::string& prefix, const std::string& renamed_to = "") {
  const auto expected = TensorSource::open(data_file("pth_edge/expected.safetensors"));
  int compared = 0;
  for (const TensorView& want : expected->tensors()) {
    if (!want.name.starts_with(prefix)) continue;
    const std::string name = renamed_to + want.name.substr(prefix.size());
    CAPTURE(name);
    const TensorView& got = source.at(name);
    CHECK(got.shape == want.shape);
    if (name.find("f8_e4m3") == std::string::npos) CHECK(got.dtype == want.dtype);
    CHECK(to_floats(got) == to_floats(want));
    ++compared;
  }
  return compared;
}

}  // namespace

TEST_CASE("an OrderedDict with strided, shared, expanded, empty and Parameter tensors") {
  const auto source = TensorSource::open(data_file("pth_edge/ordered_dict.pth"));
  CHECK(source->format() == FileFormat::torch_zip);
  CHECK(source->names().size() == 20);
  CHECK(source->names().front() == "contiguous");
  CHECK(compare_all(*source, "ordered_dict.") == 20);
  CHECK(source->at("transposed").strides == std::vector<std::int64_t>{1, 3});
  CHECK_FALSE(source->at("transposed").contiguous());
  CHECK(source->at("expanded").strides == std::vector<std::int64_t>{0, 1});
  CHECK(source->at("f8_e4m3").dtype == Dtype::f8_e4m3);
  CHECK(source->at("scalar_f64").shape.empty());
  CHECK(source->at("scalar_f64").numel() == 1);
  CHECK(source->at("empty").numel() == 0);
}

TEST_CASE("tensors lie in the mapping, shared storages at one place") {
  const auto source = TensorSource::open(data_file("pth_edge/ordered_dict.pth"));
  const auto mapping = source->files().at(0).file->bytes();
  for (const TensorView& view : source->tensors()) {
    CHECK(view.data >= mapping.data());
    CHECK(view.data + view.span_bytes() <= mapping.data() + mapping.size());
    CHECK(view.aligned());
  }
  CHECK(source->at("shared_b").data - source->at("shared_a").data == 5 * 4);
}

TEST_CASE("a plain dict with numbers, lists, None and a nested dict") {
  const auto source = TensorSource::open(data_file("pth_edge/plain_dict_mixed.pth"));
  CHECK(compare_all(*source, "ordered_dict.") == 20);
  CHECK(compare_all(*source, "plain_dict_mixed.") == 1);
  CHECK(source->names().size() == 21);
  CHECK(source->find("epoch") == nullptr);
}

TEST_CASE("a module's state_dict with _metadata, and a training checkpoint's wrapper") {
  CHECK(compare_all(*TensorSource::open(data_file("pth_edge/module_state_dict.pth")), "module.") == 2);
  const auto wrapped = TensorSource::open(data_file("pth_edge/wrapped_net_prefix.pth"));
  CHECK(wrapped->at("state_dict.net.patch_embedding.weight").shape.size() == 5);
}

TEST_CASE("the format before PyTorch 1.6 is refused with a way out") {
  const Error error = error_of([] { TensorSource::open(data_file("pth_edge/legacy_format.pth")); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("before PyTorch 1.6") != std::string::npos);
  CHECK(error.hint().find("torch.save") != std::string::npos);
}

TEST_CASE("the view keeps the file alive") {
  TensorView view;
  {
    const auto source = TensorSource::open(data_file("pth_edge/module_state_dict.pth"));
    view = source->at("head.bias");
  }
  const auto values = to_floats(view);
  const auto expected = TensorSource::open(data_file("pth_edge/expected.safetensors"));
  CHECK(values == to_floats(expected->at("module.head.bias")));
}

TEST_CASE("tensors that reach beyond their storage are refused by name") {
  const std::string data = floats({1, 2, 3, 4, 5, 6});
  const auto read = [&](const std::string& tensor) {
    return error_of([&] {
             read_torch_zip(as_file(make_pth(pickled_dict({{"w", tensor}}), {{"0", data}})));
           })
        .message();
  };
  const auto table = read_torch_zip(
      as_file(make_pth(pickled_dict({{"w", pickled_tensor("0", 6, 1, {2, 2}, {3, 1})}}), {{"0", data}})));
  CHECK(to_floats(table.tensors.at(0)) == std::vector<float>{2, 3, 5, 6});

  CHECK(read(pickled_tensor("0", 6, 2, {2, 2}, {3, 1})).find("tensor 'w' of shape [2, 2] reaches beyond") !=
        std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 7, {}, {})).find("reaches beyond") != std::string::npos);
  CHECK(read(pickled_tensor("0", 7, 0, {7}, {1})).find("needs a storage of 7 elements") != std::string::npos);
  CHECK(read(pickled_tensor("1", 6, 0, {6}, {1})).find("storage '1', which is not in the archive") !=
        std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {INT64_MAX, INT64_MAX}, {0, 0})).find("impossible shape") !=
        std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {INT64_MAX, 2}, {2, 0})).find("impossible shape") !=
        std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {1LL << 40}, {0})).find("expands 6 elements") != std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {2, 2}, {INT64_MAX, 1})).find("reaches beyond") != std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {-1}, {1})).find("negative") != std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {2, 3}, {-3, 1})).find("negative") != std::string::npos);
  CHECK(read(pickled_tensor("0", 6, 0, {2, 3}, {1})).find("strides do not fit its shape") !=
        std::string::npos);
}

TEST_CASE("an archive that is no checkpoint, big-endian, compressed or empty") {
  const auto message = [](const std::vector<ZipItem>& items) {
    return error_of([&] { read_torch_zip(as_file(make_zip(items))); }).message();
  };
  const std::string pickle = pickled_dict({{"w", pickled_tensor("0", 1, 0, {1}, {1})}});
  CHECK(message({{"readme.txt", "hello"}}).find("without the data.pkl") != std::string::npos);
  CHECK(message({{"m/data.pkl", pickle}, {"m/data/0", "1234"}, {"m/byteorder", "big"}}).find("big-endian") !=
        std::string::npos);
  CHECK(message({{"m/data.pkl", pickle, 8}, {"m/data/0", "1234"}}).find("'m/data.pkl' is compressed") !=
        std::string::npos);
  CHECK(message({{"m/data.pkl", pickle}, {"m/data/0", "1234", 8}}).find("'m/data/0' is compressed") !=
        std::string::npos);
  CHECK(message({{"m/data.pkl", pickle}, {"n/data.pkl", pickle}}).find("two checkpoints") !=
        std::string::npos);
  CHECK(message({{"m/data.pkl", "\x80\x02}."}}).find("holds no tensors") != std::string::npos);
}

TEST_CASE("a checkpoint beyond 4 GiB, as a sparse file") {
  TempDir dir;
  const auto path = dir / "large.pth";
  constexpr std::uint64_t large = (std::uint64_t{9} << 29) + 64;  // 4.5 GiB
  const std::string pickle =
      pickled_dict({{"large", pickled_tensor("0", large / 4, 0, {static_cast<std::int64_t>(large / 4)}, {1})},
                    {"after", pickled_tensor("1", 2, 0, {2}, {1})}});
  const ZipItem items[] = {
      {"m/data.pkl", pickle}, {"m/data/0", "", 0, 0, true}, {"m/data/1", floats({7, 8}), 0, 0, true}};
  {
    std::ofstream out(path, std::ios::binary);
    std::string directory;
    std::uint64_t position = 0;
    for (const ZipItem& item : items) {
      const std::uint64_t size = item.data.empty() ? large : item.data.size();
      directory += zip_central_header(item, size, position);
      const std::string header = zip_local_header(item, size);
      out << header << item.data;
      position += header.size() + size;
      out.seekp(static_cast<std::streamoff>(position));
    }
    out << directory << zip_end(3, directory.size(), position, true);
    REQUIRE(out.good());
  }
  const auto source = TensorSource::open(path);
  CHECK(source->at("large").numel() == static_cast<std::int64_t>(large / 4));
  CHECK(source->at("large").span_bytes() == large);
  CHECK(source->at("large").data[large - 1] == 0);
  CHECK(to_floats(source->at("after")) == std::vector<float>{7, 8});
}

TEST_CASE("tensors of types that cannot be read matter to those who need them only") {
  for (const char* type : {"ComplexFloatStorage", "QInt8Storage"}) {
    const auto file = as_file(
        make_pth(pickled_dict({{"odd", pickled_tensor("0", 2, 0, {2}, {1}, std::string("torch\n") + type)},
                               {"w", pickled_tensor("1", 1, 0, {1}, {1})}}),
                 {{"0", std::string(16, '\1')}, {"1", floats({2.5f})}}));
    const auto table = read_torch_zip(file);
    REQUIRE(table.tensors.size() == 2);
    CHECK(to_floats(table.tensors[1]) == std::vector<float>{2.5f});
    CHECK(table.tensors[0].unreadable == type);
    CHECK(error_of([&] { to_floats(table.tensors[0]); }).message().find(type) != std::string::npos);
  }
}
