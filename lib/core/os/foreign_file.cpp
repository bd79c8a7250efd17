#include "core/os/foreign_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/text/strings.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t looked_at = 4096;
constexpr std::size_t longest_answer = 2048;

/// Beginnings of packed files.
struct Packer {
  std::string_view magic;
  std::string_view name;
};
constexpr std::array<Packer, 6> packers = {{{{"\x1f\x8b", 2}, "gzip"},
                                            {{"\xfd\x37zXZ\0", 6}, "xz"},
                                            {{"\x28\xb5\x2f\xfd", 4}, "zstd"},
                                            {{"BZh", 3}, "bzip2"},
                                            {{"7z\xbc\xaf\x27\x1c", 6}, "7-Zip"},
                                            {{"Rar!\x1a\x07", 6}, "RAR"}}};

const char* const download_hint =
    "download the model file itself, not the page that shows it; some need an account or a token";

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < ' ' && c != '\n' && c != '\r' && c != '\t';
  });
}

/// The first line of a server's answer, safe to print.
std::string first_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{80})))
    line += c < ' ' || c > '~' ? '?' : c;
  return line;
}

std::optional<ForeignFile> recognise_text(std::string_view text, std::size_t file_size) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text = trim(text);
  const std::string lower = to_lower(text);
  if (starts_with_any(lower, {"version https://git-lfs", "version https://hawser"}))
    return ForeignFile{"it is a Git LFS pointer, not the model", "fetch the model itself: git lfs pull"};
  if (starts_with_any(lower, {"<!doctype html", "<html", "<head", "<body", "<!doctype"}) ||
      (lower.starts_with("<!--") && lower.find("<html") != std::string::npos))
    return ForeignFile{"it is a web page, not a model", download_hint};
  if (starts_with_any(lower, {"<?xml", "<error>"}))
    return ForeignFile{"it is a server's answer in XML, not a model", download_hint};
  if (file_size > longest_answer) return std::nullopt;
  if (lower.find("/annex/objects/") != std::string::npos)
    return ForeignFile{"it is a git-annex pointer, not the model", "fetch the model itself: git annex get"};
  if (text.starts_with("../") && text.find('\n') == std::string_view::npos)
    return ForeignFile{"it holds the name of another file: it is a link that was copied as text",
                       "copy the file that the link points to"};
  if (text.starts_with("{") && lower.find("\"error\"") != std::string::npos)
    return ForeignFile{"it is a server's error message, not a model: " + first_line(text), download_hint};
  if (starts_with_any(lower, {"entry not found", "repository not found", "not found", "404", "403", "401",
                              "access to model", "access denied", "forbidden", "unauthorized",
                              "invalid username", "invalid credentials", "internal server error",
                              "bad gateway", "too many requests", "rate limit"}))
    return ForeignFile{"it is a server's answer, not a model: " + first_line(text), download_hint};
  return std::nullopt;
}

}  // namespace

std::optional<ForeignFile> recognise_foreign_file(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return ForeignFile{"it is empty", "its download has failed; get it again"};
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), looked_at));
  for (const auto& [magic, name] : packers)
    if (head.starts_with(magic))
      return ForeignFile{"it is packed with " + std::string(name), "unpack it first"};
  if (head.size() > 262 && head.substr(257, 5) == "ustar")
    return ForeignFile{"it is a tar archive", "unpack it first"};
  if (head.size() >= 16 && head.find_first_not_of('\0') == std::string_view::npos)
    return ForeignFile{"it begins with zeros: its download has not finished", "get it again"};
  // A safetensors header may begin like text, but for its length in front, which has zeros.
  if (is_text(head)) return recognise_text(head, bytes.size());
  return std::nullopt;
}

}  // namespace turbodiff::core
