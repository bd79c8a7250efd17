#include "spec/embedded_config.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>

namespace turbodiff::spec {
namespace {

/// Metadata stand first in a header, before the table of tensors.
constexpr std::uint64_t most_bytes = 1u << 20;

/// Walks a header until it has seen the metadata; returning false stops the parser.
class MetadataReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::optional<std::string> config;

  bool start_object(std::size_t) override { return ++depth_ <= 2; }
  bool end_object() override { return --depth_ != 1; }
  bool key(std::string& text) override {
    key_ = text;
    return depth_ != 1 || text == "__metadata__";
  }
  bool string(std::string& text) override {
    if (depth_ == 2 && key_ == embedded_config_key) config = text;
    return depth_ == 2;
  }
  bool start_array(std::size_t) override { return false; }
  bool end_array() override { return false; }
  bool null() override { return depth_ == 2; }
  bool boolean(bool) override { return depth_ == 2; }
  bool number_integer(std::int64_t) override { return depth_ == 2; }
  bool number_unsigned(std::uint64_t) override { return depth_ == 2; }
  bool number_float(double, const std::string&) override { return depth_ == 2; }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
  std::string key_;
};

}  // namespace

std::optional<std::string> embedded_config(const std::filesystem::path& checkpoint) {
  std::ifstream in(checkpoint, std::ios::binary);
  std::uint8_t length[8] = {};
  if (!in.read(reinterpret_cast<char*>(length), sizeof(length))) return std::nullopt;
  std::uint64_t size = 0;
  for (int i = 7; i >= 0; --i) size = size << 8 | length[i];
  if (in.peek() != '{') return std::nullopt;
  std::string header(static_cast<std::size_t>(std::min(size, most_bytes)), '\0');
  in.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<std::size_t>(in.gcount()));
  MetadataReader reader;
  nlohmann::json::sax_parse(header, &reader);
  return reader.config;
}

}  // namespace turbodiff::spec
