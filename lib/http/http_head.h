// Parses the head of an HTTP request as far as necessary before its body is read: RFC 9112.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace turbodiff::http {

/// Limits on a head, so that no client can fill the memory before it is authenticated.
struct HeadLimits {
  std::size_t total = 32 << 10;  ///< bytes, all lines together
  std::size_t line = 8 << 10;    ///< bytes of one line
  std::size_t fields = 100;      ///< header lines
};

struct RequestHead {
  std::string method, target, version;                      ///< "HTTP/1.1"
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::size_t size = 0;                                     ///< bytes, with the blank line

  /// The first field of that name (in lower case); empty when there is none.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Nothing until `text` contains the blank line. HttpError 431 and 414 beyond the limits, also before the
/// head is complete; 400 for an invalid head.
std::optional<RequestHead> parse_head(std::string_view text, const HeadLimits& limits);

/// Whether a body is complete, judged by its first part alone. `body` is what has been received of it.
/// HttpError 400 where neither a length nor chunks can be read from the head or the body.
bool body_is_complete(const RequestHead& head, std::string_view body);

/// The Content-Length of the head; nothing for a body in chunks. HttpError 400 when it is invalid.
std::optional<std::size_t> declared_length(const RequestHead& head);

}  // namespace turbodiff::http
