#include "http/http_head.h"

#include <algorithm>

#include "core/text/strings.h"
#include "http/http_reply.h"

namespace turbodiff::http {
namespace {

constexpr std::string_view line_end = "\r\n";

HttpError not_http() {
  return {400, Error::bad_request("the request is not valid HTTP")};
}

HttpError too_large() {
  return {431, Error::bad_request("the request's headers are too large")};
}

/// A NUL, or a line that ends in some other way, may be read differently by whoever stands in front.
bool is_clean(std::string_view line) {
  return line.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

std::pair<std::string, std::string> parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) throw not_http();
  const std::string_view name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos) throw not_http();
  return {core::to_lower(name), std::string(core::trim(line.substr(colon + 1)))};
}

/// Hexadecimal digits at the beginning of a chunk's first line.
std::size_t chunk_size(std::string_view line) {
  line = core::trim(line.substr(0, line.find(';')));
  if (line.empty() || line.size() > 8) throw not_http();
  std::size_t size = 0;
  for (const char c : line) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(core::to_lower({&c, 1}));
    if (digit == std::string_view::npos) throw not_http();
    size = size * 16 + digit;
  }
  return size;
}

bool chunks_are_complete(std::string_view body) {
  // A body that comes in many small pieces is not walked through again for each of them: it ends with a blank
  // line, and before that only its first line is looked at.
  const bool may_end = body.ends_with("\r\n\r\n");
  for (;;) {
    const std::size_t end = body.find(line_end);
    if (end == std::string_view::npos) {
      if (body.size() > 1024) throw not_http();
      return false;
    }
    const std::size_t size = chunk_size(body.substr(0, end));
    if (!may_end) return false;
    body.remove_prefix(end + line_end.size());
    if (size == 0) return body.starts_with(line_end) || body.find("\r\n\r\n") != std::string_view::npos;
    if (body.size() < size + line_end.size()) return false;
    body.remove_prefix(size + line_end.size());
  }
}

}  // namespace

std::string_view RequestHead::field(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return {};
}

bool RequestHead::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
}

std::optional<RequestHead> parse_head(std::string_view text, const HeadLimits& limits) {
  RequestHead head;
  bool first = true;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(line_end, at);
    const std::string_view line =
        text.substr(at, end == std::string_view::npos ? std::string_view::npos : end - at);
    if (line.size() > limits.line) {
      if (first) throw HttpError{414, Error::bad_request("the address is too long")};
      throw too_large();
    }
    if (at + line.size() > limits.total) throw too_large();
    if (end == std::string_view::npos) return std::nullopt;
    at = end + line_end.size();
    if (!is_clean(line)) throw not_http();
    if (first) {
      const auto words = core::split(line, ' ');
      if (words.size() != 3 || words[0].empty() || words[1].empty() || !words[2].starts_with("HTTP/1."))
        throw not_http();
      head.method = words[0];
      head.target = words[1];
      head.version = words[2];
      first = false;
    } else if (line.empty()) {
      head.size = at;
      return head;
    } else {
      if (head.fields.size() == limits.fields) throw too_large();
      head.fields.push_back(parse_field(line));
    }
  }
}

std::optional<std::size_t> declared_length(const RequestHead& head) {
  if (head.has("transfer-encoding")) return std::nullopt;
  if (!head.has("content-length")) return 0;
  const std::string_view text = head.field("content-length");
  const bool digits =
      !text.empty() && text.size() <= 18 && std::all_of(text.begin(), text.end(), core::is_digit);
  if (!digits) throw not_http();
  return static_cast<std::size_t>(*core::parse_integer(text));
}

bool body_is_complete(const RequestHead& head, std::string_view body) {
  if (const auto length = declared_length(head)) return body.size() >= *length;
  return chunks_are_complete(body);
}

}  // namespace turbodiff::http
