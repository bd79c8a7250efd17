// A file that was cut off, at whatever byte, is an error: never a crash, never a tensor.
#include "builders.h"
#include "weights/gguf.h"
#include "weights/safetensors.h"
#include "weights/tensor_source.h"
#include "weights/torch_zip.h"

using namespace turbodiff;
using namespace turbodiff::testing;
using namespace turbodiff::weights;

namespace {

/// Reads every prefix of `bytes` that is shorter than the whole; returns how many were refused with an Error.
template <typename Reader>
std::size_t count_refused(const std::string& bytes, Reader&& read) {
  std::size_t refused = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    try {
      read(as_file(bytes.substr(0, length)));
    } catch (const Error& error) {
      refused += error.code() == ErrorCode::bad_request && !error.message().empty();
    }
  }
  return refused;
}

}  // namespace

TEST_CASE("pth cut at every byte") {
  for (const char* name :
       {"ordered_dict.pth", "plain_dict_mixed.pth", "module_state_dict.pth", "wrapped_net_prefix.pth"}) {
    CAPTURE(name);
    const std::string bytes = read_file(data_file(std::string("pth_edge/") + name));
    CHECK(count_refused(bytes, read_torch_zip) == bytes.size());
  }
}

TEST_CASE("safetensors cut at every byte") {
  const std::string bytes = read_file(data_file("pth_edge/expected.safetensors"));
  CHECK(count_refused(bytes, read_safetensors) == bytes.size());
}

TEST_CASE("GGUF cut at every byte") {
  const std::string bytes = read_file(data_file("gguf/all_types.gguf"));
  // The last tensor's padding to the alignment is not part of it.
  const auto table = read_gguf(as_file(bytes));
  std::size_t end = 0;
  const auto whole = as_file(bytes);
  for (const TensorView& view : read_gguf(whole).tensors)
    end = std::max(end, static_cast<std::size_t>(view.data - whole.bytes.data()) + view.span_bytes());
  CHECK(bytes.size() - end < 32);
  CHECK(count_refused(bytes.substr(0, end), read_gguf) == end);
}

TEST_CASE("files cut on disk") {
  TempDir dir;
  const std::string bytes = read_file(data_file("pth_edge/module_state_dict.pth"));
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{100}, bytes.size() - 1}) {
    write_file(dir / "cut.pth", bytes.substr(0, length));
    const Error error = error_of([&] { TensorSource::open(dir / "cut.pth"); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find("cut.pth") != std::string::npos);
  }
}

TEST_CASE("single bytes changed in the tables never crash the readers") {
  std::size_t survived = 0;
  const auto mutate = [&](const std::string& name, std::size_t stride, const auto& read) {
    const std::string bytes = read_file(data_file(name));
    for (std::size_t i = 0; i < bytes.size(); i += stride)
      for (const int change : {0x01, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ change);
        try {
          for (const TensorView& view : read(as_file(changed)).tensors) to_floats(view);
          ++survived;
        } catch (const Error& error) {
          CHECK(error.code() == ErrorCode::bad_request);
        }
      }
  };
  mutate("pth_edge/ordered_dict.pth", 3, read_torch_zip);
  mutate("pth_edge/expected.safetensors", 1, read_safetensors);
  mutate("gguf/all_types.gguf", 7, read_gguf);
  CHECK(survived > 0);
}
