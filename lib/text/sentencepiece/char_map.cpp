#include "text/sentencepiece/char_map.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/error.h"
#include "text/utf8.h"

namespace turbodiff::text {

namespace {

// Fields of a Darts-clone unit (github.com/s-yata/darts-clone).
std::uint32_t offset_of(std::uint32_t unit) {
  return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}
std::uint32_t label_of(std::uint32_t unit) {
  return unit & ((1u << 31) | 0xFFu);
}
bool has_leaf(std::uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}
std::uint32_t value_of(std::uint32_t unit) {
  return unit & 0x7FFFFFFFu;
}

std::uint32_t read_u32(std::string_view bytes, std::size_t position) {
  std::uint32_t value = 0;
  for (std::size_t index = 4; index-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[position + index]);
  return value;
}

std::size_t cluster_end(std::string_view text, std::size_t start) {
  DecodedChar previous = decode_utf8_char(text, start);
  std::size_t end = start + previous.length;
  utf8proc_int32_t state = 0;
  while (end < text.size()) {
    const DecodedChar next = decode_utf8_char(text, end);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(previous.code_point),
                                         static_cast<utf8proc_int32_t>(next.code_point), &state)) {
      break;
    }
    end += next.length;
    previous = next;
  }
  return end;
}

}  // namespace

CharMap::CharMap(std::string_view blob, const std::string& origin) {
  if (blob.empty()) return;
  const std::size_t trie_bytes = blob.size() < 4 ? blob.size() : read_u32(blob, 0);
  if (trie_bytes % 4 != 0 || trie_bytes == 0 || trie_bytes > blob.size() - 4) {
    throw Error::bad_request(fmt::format("tokenizer {}: the character map is damaged", origin),
                             "fetch the tokenizer file again");
  }
  for (std::size_t position = 4; position < 4 + trie_bytes; position += 4)
    units_.push_back(read_u32(blob, position));
  replacements_ = blob.substr(4 + trie_bytes);
}

std::optional<std::string_view> CharMap::replacement_of(std::string_view key) const {
  if (units_.empty()) return std::nullopt;
  std::size_t node = offset_of(units_[0]);
  for (const char letter : key) {
    const auto byte = static_cast<unsigned char>(letter);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) return std::nullopt;
    const bool leaf = has_leaf(units_[node]);
    node ^= offset_of(units_[node]);
    if (node >= units_.size()) return std::nullopt;
    if (!leaf) continue;
    const std::size_t start = value_of(units_[node]);
    if (start >= replacements_.size()) return std::nullopt;
    return std::string_view(replacements_).substr(start, replacements_.find('\0', start) - start);
  }
  return std::nullopt;
}

std::string CharMap::normalize(std::string_view text) const {
  constexpr std::size_t whole_cluster_below = 6;
  std::string out;
  out.reserve(text.size());
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = cluster_end(text, start);
    const std::string_view cluster = text.substr(start, end - start);
    start = end;
    if (cluster.size() < whole_cluster_below) {
      if (const auto replacement = replacement_of(cluster)) {
        out += *replacement;
        continue;
      }
    }
    for (std::size_t position = 0; position < cluster.size();) {
      const std::string_view letter = cluster.substr(position, decode_utf8_char(cluster, position).length);
      out += replacement_of(letter).value_or(letter);
      position += letter.size();
    }
  }
  return out;
}

}  // namespace turbodiff::text
