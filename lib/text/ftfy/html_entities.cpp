#include "text/ftfy/html_entities.h"

#include <algorithm>
#include <cstdint>

#include "text/utf8.h"

namespace turbodiff::text {

namespace {

constexpr unsigned in_html5 = 1;  // Entity::flags
constexpr unsigned in_ftfy = 2;

struct Entity {
  std::string_view name;  // without '&', with ';' where it belongs to the name
  unsigned flags;
  char32_t value[3];  // padded with zeros
};
struct CharRefReplacement {
  std::uint32_t number;
  char32_t value;
};
struct CharRefRange {
  std::uint32_t first;
  std::uint32_t last;
};

#include "text/ftfy/tables/entities.inc"

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return -1;
}

const Entity* find_entity(std::string_view name, unsigned flag) {
  const auto found =
      std::lower_bound(std::begin(entities), std::end(entities), name,
                       [](const Entity& entity, std::string_view n) { return entity.name < n; });
  return found != std::end(entities) && found->name == name && (found->flags & flag) ? found : nullptr;
}

void append_value(std::u32string& out, const Entity& entity) {
  for (const char32_t code_point : entity.value) {
    if (code_point != 0) out += code_point;
  }
}

void append_numbered(std::u32string& out, std::uint32_t number) {
  for (const auto& [invalid, value] : charref_replacements) {
    if (invalid == number) {
      out += value;
      return;
    }
  }
  if (number > 0x10FFFF || is_surrogate(number)) {
    out += replacement_character;
    return;
  }
  const auto covers = [&](const CharRefRange& range) {
    return number >= range.first && number <= range.last;
  };
  if (std::none_of(std::begin(dropped_charrefs), std::end(dropped_charrefs), covers)) out += number;
}

/// Decodes the numeric reference whose '#' is at `start`; returns where it ends, or `start` when it is none.
std::size_t append_numeric_reference(std::u32string& out, std::u32string_view text, std::size_t start) {
  constexpr std::uint32_t beyond_unicode = 0x110000;
  std::size_t end = start + 1;
  const bool hexadecimal = end < text.size() && (text[end] == 'x' || text[end] == 'X');
  if (hexadecimal) ++end;
  const int base = hexadecimal ? 16 : 10;
  const std::size_t first_digit = end;
  std::uint32_t number = 0;
  for (; end < text.size(); ++end) {
    const int digit = hex_value(text[end]);
    if (digit < 0 || digit >= base) break;
    number = std::min(number * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit),
                      beyond_unicode);
  }
  if (end == first_digit) return start;
  if (end < text.size() && text[end] == ';') ++end;
  append_numbered(out, number);
  return end;
}

/// Decodes the named reference whose name begins at `start`; returns where it ends, or `start` when it has no
/// name.
std::size_t append_named_reference(std::u32string& out, std::u32string_view text, std::size_t start) {
  constexpr std::size_t longest_name = 32;
  constexpr std::u32string_view not_in_names = U"\t\n\f <&#;";
  std::size_t end = start;
  while (end < text.size() && end - start < longest_name && not_in_names.find(text[end]) == not_in_names.npos)
    ++end;
  if (end == start) return start;
  if (end < text.size() && text[end] == ';') ++end;

  std::string name;
  for (std::size_t at = start; at < end && text[at] < 0x80; ++at) name += static_cast<char>(text[at]);
  for (std::size_t length = name.size(); length > 0; --length) {
    const bool whole = length == end - start;
    if (!whole && length < 2) break;
    if (const Entity* entity = find_entity(std::string_view(name).substr(0, length), in_html5)) {
      append_value(out, *entity);
      out += text.substr(start + length, end - start - length);
      return end;
    }
  }
  out += U'&';
  out += text.substr(start, end - start);
  return end;
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
  std::u32string out;
  for (std::size_t position = 0; position < text.size();) {
    if (text[position] != U'&') {
      out += text[position++];
      continue;
    }
    const std::size_t name = position + 1;
    std::size_t end = name;
    if (name < text.size()) {
      end = text[name] == U'#' ? append_numeric_reference(out, text, name)
                               : append_named_reference(out, text, name);
    }
    if (end == name) out += U'&';
    position = end;
  }
  return out;
}

std::u32string unescape_closed_html(std::u32string_view text) {
  constexpr std::size_t longest_name = 24;
  std::u32string out;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t start = position;
    out += text[position++];
    if (text[start] != U'&') continue;
    const bool numbered = position < text.size() && text[position] == U'#';
    std::size_t end = position + (numbered ? 1 : 0);
    const std::size_t first = end;
    while (end < text.size() && end - first < longest_name && (is_digit(text[end]) || is_letter(text[end])))
      ++end;
    if (end == first || end == text.size() || text[end] != U';') continue;
    ++end;

    const std::u32string_view reference = text.substr(start, end - start);
    position = end;
    if (numbered) {
      const std::u32string decoded = unescape_html(reference);
      out.pop_back();
      out += decoded.find(U';') == decoded.npos ? decoded : std::u32string(reference);
    } else if (const Entity* entity =
                   find_entity(std::string(reference.begin() + 1, reference.end()), in_ftfy)) {
      out.pop_back();
      append_value(out, *entity);
    } else {
      out += reference.substr(1);
    }
  }
  return out;
}

}  // namespace turbodiff::text
