// Bounds-checked little-endian reading of a file in memory, and the error for a damaged file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"

namespace turbodiff::weights {

/// Only for what no program writes on purpose: an unknown format is not damage.
inline constexpr const char* damaged_hint = "the file is damaged or incomplete; get it again";

/// Throws bad_request: "cannot read 'WHERE': PROBLEM".
[[noreturn]] inline void bad_file(const std::string& where, const std::string& problem,
                                  std::string hint = damaged_hint) {
  throw Error::bad_request("cannot read '" + where + "': " + problem, std::move(hint));
}

/// A name from a file, safe to print anywhere on one line: non-printable and non-ASCII characters become '?',
/// long names are cut.
inline std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 200)) text += c < ' ' || c > '~' ? '?' : c;
  if (name.size() > 200) text += "...";
  return text;
}

/// Product of `shape`; nullopt when a dimension is negative or the product (zeros counted as one) exceeds
/// int64.
inline std::optional<std::int64_t> checked_numel(const std::vector<std::int64_t>& shape) {
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) empty = true;
    if (size > 1 && __builtin_mul_overflow(product, size, &product)) return std::nullopt;
  }
  return empty ? 0 : product;
}

/// Little-endian value at `data`, any alignment.
template <typename T>
T load_le(const std::uint8_t* data) {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are mapped, not converted");
  T value;
  std::memcpy(&value, data, sizeof(T));
  return value;
}

/// A cursor that never leaves its bytes: every read past the end is an Error bad_request.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::size_t position, const std::string& where)
      : bytes_(bytes), position_(position), where_(where) {
    if (position > bytes.size()) bad_file(where_, "it ends before offset " + std::to_string(position));
  }

  template <typename T>
  T read() {
    return load_le<T>(take(sizeof(T)).data());
  }
  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (count > remaining())
      bad_file(where_, "it ends at byte " + std::to_string(bytes_.size()) + " where " +
                           std::to_string(count) + " more bytes were expected at offset " +
                           std::to_string(position_));
    const auto part = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += part.size();
    return part;
  }
  std::string_view take_text(std::uint64_t count) {
    const auto part = take(count);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  const std::string& where() const { return where_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_;
  const std::string& where_;
};

}  // namespace turbodiff::weights
