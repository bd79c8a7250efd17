#include "core/text/incoming_text.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

struct Utf8Char {
  char32_t code = 0;
  std::size_t length = 0;  ///< 0: the bytes are ill-formed
};

/// The character at the start of `text`, which is not empty.
Utf8Char first_char(std::string_view text) {
  std::string_view rest = text;
  const char32_t code = next_code_point(rest);
  const std::size_t length = text.size() - rest.size();
  if (length == 1 && static_cast<unsigned char>(text[0]) >= 0x80) return {};
  return {code, length};
}

/// Where `text` stops being UTF-8.
std::optional<std::size_t> first_ill_formed(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const Utf8Char next = first_char(text.substr(position));
    if (next.length == 0) return position;
    position += next.length;
  }
  return std::nullopt;
}

std::string place(std::string_view text, std::size_t offset, const std::string& name) {
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1;
  return line == 1 && text.find('\n') == std::string_view::npos ? name : fmt::format("{}:{}", name, line);
}

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += {tail(6), tail(0)};
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += {tail(12), tail(6), tail(0)};
  }
}

std::string from_utf16(std::string_view bytes, bool big_endian, const std::string& name) {
  std::string text;
  const auto damaged = [&](std::size_t offset, std::string_view what) {
    return Error::bad_request(fmt::format("{}: the UTF-16 text is damaged ({} at byte offset {})",
                                          place(text, text.size(), name), what, offset),
                              "save it as UTF-8");
  };
  const auto unit = [&](std::size_t offset) {
    const auto first = static_cast<unsigned char>(bytes[offset]);
    const auto second = static_cast<unsigned char>(bytes[offset + 1]);
    return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t offset = 2; offset < bytes.size(); offset += 2) {
    if (offset + 1 == bytes.size()) throw damaged(offset, "half a character");
    char32_t code = unit(offset);
    if (code >= 0xD800 && code <= 0xDFFF) {
      const char32_t low = offset + 3 < bytes.size() ? unit(offset + 2) : 0;
      if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF) throw damaged(offset, "a lone surrogate");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      offset += 2;
    }
    append_utf8(text, code);
  }
  return text;
}

/// iconv's reading of GB18030; nothing when a sequence is invalid, stands for no public character, or this
/// system has no such conversion.
std::optional<std::string> from_gb18030(std::string_view bytes) {
  const iconv_t converter = ::iconv_open("UTF-8", "GB18030");
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string text(bytes.size() * 2 + 16, '\0');  // two bytes become at most three
  char* in = const_cast<char*>(bytes.data());
  char* out = text.data();
  std::size_t in_left = bytes.size(), out_left = text.size();
  const std::size_t result = ::iconv(converter, &in, &in_left, &out, &out_left);
  ::iconv_close(converter);
  if (result == static_cast<std::size_t>(-1) || in_left > 0) return std::nullopt;
  text.resize(text.size() - out_left);
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Char next = first_char(rest);
    if (next.length == 0 || (next.code >= 0xE000 && next.code <= 0xF8FF)) return std::nullopt;
    rest.remove_prefix(next.length);
  }
  return text;
}

bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool within(unsigned value, unsigned low, unsigned high) {
  return value >= low && value <= high;
}

/// What the two-byte characters of a text in GB18030 are like.
struct GbTally {
  std::size_t all = 0;
  std::size_t common = 0;      ///< GB2312's punctuation and first level, the 3755 everyday ideographs
  std::size_t rare = 0;        ///< kana, and what is not in GB2312
  std::size_t alone = 0;       ///< runs of one character that touch a Latin letter
  bool beyond_hangul = false;  ///< an ideograph outside the rows where EUC-KR has its Hangul
  bool spaced = false;         ///< blanks stand between runs
  bool cased = true;           ///< every run reads like a Cyrillic or Greek word, a capital first or none
  bool scripts_mixed = false;  ///< read as UTF-8, a run would mix scripts
};

/// The script of the UTF-8 characters that start with `lead`; 0 for none in particular.
int script_of_lead(unsigned lead) {
  return within(lead, 0xC3, 0xCA)   ? 1
         : within(lead, 0xCD, 0xCF) ? 2
         : within(lead, 0xD0, 0xD3) ? 3
         : within(lead, 0xD4, 0xD7) ? 4
                                    : 0;
}

/// Counts the run of characters at the start of `rest`; the bytes it takes.
std::size_t tally_run(std::string_view rest, bool after_letter, GbTally& tally) {
  const auto at = [&](std::size_t index) {
    return index < rest.size() ? static_cast<unsigned char>(rest[index]) : 0u;
  };
  std::size_t i = 0, run = 0;
  int script = 0;
  for (; at(i) >= 0x80; ++run) {
    const unsigned lead = at(i), trail = at(i + 1);
    if (trail < 0x40) {  // four bytes: what is beyond GBK, such as emoji
      i += 4;
      continue;
    }
    i += 2;
    ++tally.all;
    const bool in_gb2312 = lead >= 0xA1 && trail >= 0xA1;
    if (in_gb2312 && (within(lead, 0xB0, 0xD7) || lead == 0xA1 || lead == 0xA3)) ++tally.common;
    if (!in_gb2312 || within(lead, 0xA4, 0xA5)) ++tally.rare;
    tally.beyond_hangul = tally.beyond_hangul || (in_gb2312 && within(lead, 0xC9, 0xF7));
    const int own = script_of_lead(lead);
    tally.scripts_mixed = tally.scripts_mixed || (own && script && own != script);
    if (own) script = own;
  }
  i = std::min(i, rest.size());
  const auto all_within = [&](unsigned low, unsigned high) {
    for (std::size_t j = 1; j < i; ++j)
      if (!within(at(j), low, high)) return false;
    return true;
  };
  // Capitals and small letters: C0-DF and E0-FF, in KOI8 the other way round; Greek begins small at DC.
  tally.cased = tally.cased && at(0) >= 0xC0 && (all_within(0xC0, 0xDF) || all_within(0xDC, 0xFF));
  if (run == 1 && (after_letter || is_letter(static_cast<unsigned char>(at(i))))) ++tally.alone;
  tally.spaced = tally.spaced || (at(i) == ' ' && at(i + 1) >= 0x80);
  return i;
}

GbTally tally_of(std::string_view bytes) {
  GbTally tally;
  for (std::size_t i = 0; i < bytes.size();) {
    if (static_cast<unsigned char>(bytes[i]) < 0x80)
      ++i;
    else
      i += tally_run(bytes.substr(i), i > 0 && is_letter(static_cast<unsigned char>(bytes[i - 1])), tally);
  }
  return tally;
}

/// Whether bytes that are no UTF-8 are rather GB18030 than something else; see incoming_text().
bool is_plausible_gb18030(std::string_view bytes) {
  const GbTally tally = tally_of(bytes);
  const bool everyday = tally.common * 2 >= tally.all;
  const bool one_rare_word = tally.all <= 4 && tally.rare == 0 && tally.alone == 0 && !tally.spaced;
  const bool like_korean = !tally.beyond_hangul && (tally.all >= 6 || tally.spaced);
  const bool like_cyrillic = tally.cased && (tally.all >= 3 || tally.common < tally.all);
  return tally.all > 0 && (everyday || one_rare_word) && tally.rare * 8 <= tally.all &&
         tally.alone * 4 <= tally.all && !like_korean && !like_cyrillic;
}

/// Some words in GBK, "一只猫" (a cat) among them, are well-formed UTF-8 as well: letters of
/// several scripts side by side, which no language has.
bool is_gb18030_in_disguise(std::string_view bytes) {
  const GbTally tally = tally_of(bytes);
  return tally.all > 0 && tally.common == tally.all && tally.scripts_mixed;
}

}  // namespace

std::string incoming_text(std::string_view bytes, const std::string& name, const TextNote& note) {
  using namespace std::string_view_literals;
  std::string text;
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv))
    throw Error::bad_request(fmt::format("{}: the text is UTF-32", name),
                             "save it as UTF-8, for example with iconv -f UTF-32 -t UTF-8");
  if (bytes.starts_with("\xFF\xFE"sv) || bytes.starts_with("\xFE\xFF"sv)) {
    text = from_utf16(bytes, bytes[0] == '\xFE', name);
  } else {
    if (bytes.starts_with("\xEF\xBB\xBF"sv)) bytes.remove_prefix(3);
    if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos)
      throw Error::bad_request(
          fmt::format("{}: not text, a NUL byte is at offset {}", place(bytes, nul, name), nul),
          "give a text file in UTF-8; UTF-16 needs a byte order mark");
    const auto ill_formed = first_ill_formed(bytes);
    const bool is_gb18030 = ill_formed ? is_plausible_gb18030(bytes) : is_gb18030_in_disguise(bytes);
    auto decoded = is_gb18030 ? from_gb18030(bytes) : std::nullopt;
    if (!ill_formed && !decoded) return std::string(bytes);
    if (!decoded)
      throw Error::bad_request(
          fmt::format("{}: not UTF-8 text (byte 0x{:02X} at offset {})", place(bytes, *ill_formed, name),
                      static_cast<unsigned char>(bytes[*ill_formed]), *ill_formed),
          "save it as UTF-8, or convert it from the encoding it has: iconv -f ISO-8859-1 -t UTF-8");
    if (note) note(name + ": read as GB18030");
    text = std::move(*decoded);
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos)
    throw Error::bad_request(fmt::format("{}: not text, it holds a NUL character", place(text, nul, name)),
                             "give a text file in UTF-8");
  return text;
}

std::optional<std::string> note_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  std::optional<std::string> note;
  try {
    incoming_text(bytes, path.string(), [&](const std::string& line) { note = line; });
  } catch (const Error&) {
    return std::nullopt;  // whoever reads it says so
  }
  return note;
}

std::optional<std::string> text_problem(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const Utf8Char next = first_char(text.substr(position));
    if (next.length == 0)
      return fmt::format("holds a byte that is not UTF-8 (0x{:02X} at offset {})",
                         static_cast<unsigned char>(text[position]), position);
    const char32_t code = next.code;
    const bool white = code == '\t' || code == '\n' || code == '\r';
    const bool control = (code < 0x20 && !white) || (code >= 0x7F && code <= 0x9F);
    const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
    if (code == 0xFFFD)
      return fmt::format("holds U+FFFD at offset {}, left where an earlier conversion lost a character",
                         position);
    const char* what = code == 0      ? "a NUL character"
                       : control      ? "a control character"
                       : noncharacter ? "a code that is not a character"
                                      : nullptr;
    if (what)
      return fmt::format("holds {} (U+{:04X} at offset {})", what, static_cast<std::uint32_t>(code),
                         position);
    position += next.length;
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const char32_t code = next_code_point(text);
    const bool space = code == ' ' || (code >= 0x09 && code <= 0x0D) || code == 0x85 || code == 0xA0 ||
                       code == 0x1680 || (code >= 0x2000 && code <= 0x200D) || code == 0x2028 ||
                       code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x2060 ||
                       code == 0x3000 || code == 0xFEFF;
    if (!space) return false;
  }
  return true;
}

}  // namespace turbodiff::core
