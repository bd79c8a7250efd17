#include "text/ftfy/byte_repairs.h"

#include <algorithm>
#include <array>

#include "text/ftfy/class_sequence.h"

namespace turbodiff::text {

namespace {

#include "text/ftfy/tables/byte_repairs.inc"

/// `bytes` with what `rewrite` makes of each match in place of the match.
template <typename Rewrite>
std::string substitute_all(const ClassPattern& pattern, std::string_view bytes, const Rewrite& rewrite) {
  const ClassedText classed = pattern.classify_bytes(bytes);
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size();) {
    const std::size_t matched = pattern.match_length(classed, position);
    if (matched > 0) {
      out += rewrite(bytes.substr(position, matched));
      position += matched;
    } else {
      out += bytes[position++];
    }
  }
  return out;
}

/// C3 and a space, read as the word "à": a space of its own is put behind it. Not where the letter opens one
/// of the Portuguese contractions às, àquele, àquela, àquilo.
std::string restore_a_grave_words(std::string_view bytes) {
  constexpr std::array<std::string_view, 5> contractions = {" ", "quele", "quela", "quilo", "s "};
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    out += bytes[position];
    if (!bytes.substr(position).starts_with("\xC3 ")) continue;
    const std::string_view rest = bytes.substr(position + 2);
    if (std::none_of(contractions.begin(), contractions.end(), [&](auto c) { return rest.starts_with(c); })) {
      out += '\xA0';
    }
  }
  return out;
}

}  // namespace

std::string restore_byte_a0(std::string_view bytes) {
  static const ClassPattern pattern(altered_utf8_ranges, altered_utf8_sequences);
  return substitute_all(pattern, restore_a_grave_words(bytes), [](std::string_view match) {
    std::string fixed(match);
    std::replace(fixed.begin(), fixed.end(), ' ', '\xA0');
    return fixed;
  });
}

std::string replace_lossy_sequences(std::string_view bytes) {
  static const ClassPattern pattern(lossy_utf8_ranges, lossy_utf8_sequences);
  return substitute_all(pattern, bytes, [](std::string_view) { return std::string_view("\xEF\xBF\xBD"); });
}

}  // namespace turbodiff::text
