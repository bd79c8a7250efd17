#include "report/html/escape.h"

#include <fmt/format.h>

#include <iterator>

#include "core/text/text_width.h"

namespace turbodiff::report {
namespace {

constexpr std::string_view unknown = "\xEF\xBF\xBD";

/// The next code point and its bytes; `bytes` is U+FFFD for what is no UTF-8.
char32_t next(std::string_view& text, std::string_view& bytes) {
  const std::string_view before = text;
  const char32_t code_point = core::next_code_point(text);
  bytes = before.substr(0, before.size() - text.size());
  if (code_point == 0xFFFD) bytes = unknown;
  return code_point;
}

bool starts_formula(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  text.remove_prefix(first);
  for (const std::string_view sign : {"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"})
    if (text.starts_with(sign)) return true;
  return false;
}

}  // namespace

std::string html_escape(std::string_view text) {
  const std::string safe = core::escape_control(text);
  std::string out;
  out.reserve(safe.size());
  for (const char c : safe) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::string_view bytes;
    const char32_t code_point = next(text, bytes);
    if (code_point == '"' || code_point == '\\') {
      out += '\\';
      out += static_cast<char>(code_point);
    } else if (code_point == '\n') {
      out += "\\n";
    } else if (code_point < 0x20 || code_point == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code_point));
    } else {
      out += bytes;
    }
  }
  out += '"';
}

void append_csv_text(std::string& out, std::string_view text) {
  const bool formula = starts_formula(text);
  const bool blank_ends = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  const bool quoted = formula || blank_ends || text.find_first_of(",\"\r\n\t;") != std::string_view::npos;
  if (quoted) out += '"';
  if (formula) out += '\'';
  while (!text.empty()) {
    std::string_view bytes;
    const char32_t code_point = next(text, bytes);
    if (code_point == '"')
      out += "\"\"";
    else if ((code_point < 0x20 && code_point != '\t' && code_point != '\n' && code_point != '\r') ||
             code_point == 0x7F)
      out += unknown;
    else
      out += bytes;
  }
  if (quoted) out += '"';
}

std::string label_escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view bytes;
    const char32_t code_point = next(text, bytes);
    if (code_point == '\n')
      out += "\\n";
    else if (code_point == '"' || code_point == '\\')
      (out += '\\') += static_cast<char>(code_point);
    else if (code_point < 0x20)
      out += unknown;
    else
      out += bytes;
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t code_points) {
  std::string_view rest = text;
  for (std::size_t i = 0; i < code_points && !rest.empty(); ++i) core::next_code_point(rest);
  if (rest.empty()) return std::string(text);
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

}  // namespace turbodiff::report
