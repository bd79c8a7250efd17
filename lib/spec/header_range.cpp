// Where the header of a model file lies (fingerprint.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "spec/fingerprint.h"

namespace turbodiff::spec {
namespace {

constexpr std::uint64_t largest_safetensors_header = 100'000'000;
constexpr std::uint64_t gguf_header_guess = 16u << 20;
constexpr std::size_t eocd_length = 22;
constexpr std::size_t longest_zip_comment = 65535;

/// Little-endian number of `width` bytes at `offset`, 0 past the end.
std::uint64_t number_at(std::string_view bytes, std::size_t offset, int width) {
  if (offset + static_cast<std::size_t>(width) > bytes.size()) return 0;
  std::uint64_t value = 0;
  for (int i = width - 1; i >= 0; --i)
    value = (value << 8) | static_cast<unsigned char>(bytes[offset + static_cast<std::size_t>(i)]);
  return value;
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), in_(path, std::ios::binary) {
    std::error_code error;
    size_ = std::filesystem::file_size(path, error);
    if (!in_ || error) throw Error::bad_request(fmt::format("cannot read '{}'", path.string()));
  }
  std::uint64_t size() const { return size_; }
  std::string read(std::uint64_t offset, std::uint64_t length) {
    if (offset >= size_) return {};
    std::string bytes(std::min(length, size_ - offset), '\0');
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!in_) throw Error::bad_request(fmt::format("cannot read '{}'", path_.string()));
    return bytes;
  }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  std::uint64_t size_ = 0;
};

/// The central directory, from the end-of-central-directory record, zip64 or not (APPNOTE 6.3.10, 4.3.14
/// to 4.3.16).
ByteRange zip_directory(Reader& reader) {
  const std::uint64_t tail_length = std::min<std::uint64_t>(reader.size(), eocd_length + longest_zip_comment);
  const std::uint64_t tail_offset = reader.size() - tail_length;
  const std::string tail = reader.read(tail_offset, tail_length);
  const std::size_t eocd = tail.rfind("PK\x05\x06");
  if (eocd == std::string::npos || eocd + eocd_length > tail.size()) return {};
  ByteRange directory{number_at(tail, eocd + 16, 4), number_at(tail, eocd + 12, 4)};
  constexpr std::size_t locator_length = 20;
  if (eocd >= locator_length && tail.compare(eocd - locator_length, 4, "PK\x06\x07") == 0) {
    const std::string record = reader.read(number_at(tail, eocd - locator_length + 8, 8), 56);
    if (record.starts_with("PK\x06\x06")) directory = {number_at(record, 48, 8), number_at(record, 40, 8)};
  }
  if (directory.offset >= reader.size() || directory.length > reader.size() - directory.offset) return {};
  return directory;
}

}  // namespace

ByteRange header_range(const std::filesystem::path& path) {
  Reader reader(path);
  const std::string head = reader.read(0, 9);
  if (head.starts_with("PK\x03\x04")) return zip_directory(reader);
  if (head.starts_with("GGUF")) return {0, std::min(reader.size(), gguf_header_guess)};
  const std::uint64_t header_length = number_at(head, 0, 8);
  if (head.size() == 9 && head[8] == '{' && header_length <= largest_safetensors_header &&
      header_length <= reader.size() - 8)
    return {0, 8 + header_length};
  return {};
}

}  // namespace turbodiff::spec
