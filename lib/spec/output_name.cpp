#include "spec/output_name.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <map>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::spec {
namespace {

constexpr std::size_t longest_file_name = 255;
constexpr std::size_t longest_slug_bytes = 120;
constexpr int longest_slug_characters = 48;
constexpr std::array<std::string_view, 5> placeholders = {"seed", "index", "prompt", "model", "date"};

std::string value_of(std::string_view placeholder, const NameValues& values) {
  if (placeholder == "seed") return std::to_string(values.seed);
  if (placeholder == "index") return std::to_string(values.index);
  if (placeholder == "prompt") return slug_of(values.prompt);
  if (placeholder == "model") return slug_of(values.model);
  if (placeholder == "date") {
    std::tm local{};
    localtime_r(&values.date, &local);
    return fmt::format("{:%Y%m%d-%H%M%S}", local);
  }
  const std::vector<std::string> known(placeholders.begin(), placeholders.end());
  throw Error::bad_request(fmt::format("output name: unknown placeholder '{{{}}}'{}", placeholder,
                                       core::did_you_mean(placeholder, known)),
                           "known are {seed}, {index}, {prompt}, {model} and {date}; write {{ for a brace");
}

/// Bytes of the UTF-8 character that starts at `lead`; 0 when it starts none.
std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

/// The code point of a multi-byte character, or 0 when the bytes are no valid UTF-8.
char32_t decode(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  char32_t code = lead & (0x7F >> character.size());
  for (const char next : character.substr(1)) {
    if ((static_cast<unsigned char>(next) & 0xC0) != 0x80) return 0;
    code = (code << 6) | (static_cast<unsigned char>(next) & 0x3F);
  }
  return code;
}

/// Blanks, controls, punctuation and directional marks outside ASCII that have no place in a file name.
bool is_separator(char32_t code) {
  return code < 0xA1 || code == 0xAD || (code >= 0x2000 && code <= 0x206F) ||
         (code >= 0x3000 && code <= 0x303F) || (code >= 0xD800 && code <= 0xDFFF) ||
         (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF || (code >= 0xFF01 && code <= 0xFF0F) ||
         (code >= 0xFF1A && code <= 0xFF20) || code > 0xE0000;
}

}  // namespace

const std::string_view default_output_name = "{prompt}-{seed}.mp4";

std::filesystem::path fill_name(std::string_view name_template, const NameValues& values) {
  std::string name;
  for (std::size_t i = 0; i < name_template.size(); ++i) {
    const char c = name_template[i];
    const bool doubled = i + 1 < name_template.size() && name_template[i + 1] == c;
    if (c != '{' && c != '}') {
      name += c;
    } else if (doubled) {
      name += c;
      ++i;
    } else {
      const std::size_t close = c == '{' ? name_template.find('}', i) : std::string_view::npos;
      if (close == std::string_view::npos)
        throw Error::bad_request(fmt::format("output name: lone '{}' in '{}'", c, name_template),
                                 "double it for the character itself");
      name += value_of(name_template.substr(i + 1, close - i - 1), values);
      i = close;
    }
  }
  if (name.empty()) throw Error::bad_request("the output name is empty");
  std::filesystem::path path(name);
  const std::string file_name = path.filename().string();
  if (file_name.empty() || file_name == "." || file_name == "..")
    throw Error::bad_request(fmt::format("'{}' is a folder, not a file name", name),
                             "add a name, such as video.mp4");
  if (file_name.size() > longest_file_name)
    throw Error::bad_request(
        fmt::format("the output's name has {} bytes, {} are the most", file_name.size(), longest_file_name));
  return path;
}

bool varies(std::string_view name_template) {
  return name_template.find("{seed}") != std::string_view::npos ||
         name_template.find("{index}") != std::string_view::npos ||
         name_template.find("{prompt}") != std::string_view::npos;
}

std::string template_for(std::string_view name_template, int file_count) {
  std::string text(name_template);
  if (file_count <= 1 || varies(name_template)) return text;
  const std::size_t name = text.rfind('/') == std::string::npos ? 0 : text.rfind('/') + 1;
  const std::size_t dot = text.rfind('.');
  const bool has_extension = dot != std::string::npos && dot > name;
  return text.insert(has_extension ? dot : text.size(), "-{index}");
}

std::string slug_of(std::string_view text) {
  std::string slug;
  int characters = 0;
  for (std::size_t i = 0; i < text.size() && characters < longest_slug_characters;) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(lead);
    if (length == 0 || i + length > text.size()) {
      ++i;
      continue;
    }
    const std::string_view character = text.substr(i, length);
    const char32_t code = length == 1 ? 0 : decode(character);
    const bool kept = length == 1 ? std::isalnum(lead) != 0 || (!slug.empty() && (lead == '.' || lead == '_'))
                                  : !is_separator(code);
    if (kept && slug.size() + length > longest_slug_bytes) break;
    if (kept) {
      slug += character;
      ++characters;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
      ++characters;
    }
    i += length == 1 || code != 0 ? length : 1;
  }
  while (!slug.empty() && (slug.back() == '-' || slug.back() == '.')) slug.pop_back();
  return slug.empty() ? "untitled" : slug;
}

void require_distinct(std::span<const std::filesystem::path> paths) {
  std::map<std::string, int> seen;
  int index = 0;
  for (const auto& path : paths) {
    ++index;
    const std::string name = std::filesystem::weakly_canonical(std::filesystem::absolute(path)).string();
    const auto [found, inserted] = seen.emplace(name, index);
    if (!inserted)
      throw Error::bad_request(
          fmt::format("outputs {} and {} would both be '{}'", found->second, index, path.string()),
          "put {index} or {seed} into the name");
  }
}

}  // namespace turbodiff::spec
