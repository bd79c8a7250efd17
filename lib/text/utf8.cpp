#include "text/utf8.h"

namespace turbodiff::text {

namespace {

struct LeadByte {
  std::size_t length;  // of the whole sequence; 0 for a byte that starts none
  unsigned char low;   // smallest and largest second byte
  unsigned char high;
};

LeadByte classify(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead < 0xF0) return {3, 0x80, 0xBF};  // ED with A0..BF is a surrogate, let through
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

DecodedChar decode_utf8_char(std::string_view bytes, std::size_t position) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
  const unsigned char first = at(position);
  const LeadByte lead = classify(first);
  if (lead.length == 1) return {first, 1, true};
  if (lead.length == 0) return {replacement_character, 1, false};

  char32_t code_point = first & (0x7F >> lead.length);
  for (std::size_t read = 1; read < lead.length; ++read) {
    if (position + read >= bytes.size()) return {replacement_character, read, false};
    const unsigned char next = at(position + read);
    const unsigned char low = read == 1 ? lead.low : 0x80;
    const unsigned char high = read == 1 ? lead.high : 0xBF;
    if (next < low || next > high) return {replacement_character, read, false};
    code_point = code_point << 6 | (next & 0x3F);
  }
  return {code_point, lead.length, true};
}

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size();) {
    const DecodedChar next = decode_utf8_char(bytes, position);
    text.push_back(next.code_point);
    position += next.length;
  }
  return text;
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    out += tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    out += tail(6);
    out += tail(0);
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    out += tail(12);
    out += tail(6);
    out += tail(0);
  }
}

std::string encode_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t code_point : text) append_utf8(out, code_point);
  return out;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t position = 0; position < bytes.size();) {
    const DecodedChar next = decode_utf8_char(bytes, position);
    append_utf8(out, is_surrogate(next.code_point) ? replacement_character : next.code_point);
    position += next.length;
  }
  return out;
}

}  // namespace turbodiff::text
