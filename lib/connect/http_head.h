// The head of an HTTP request as far as must be known before its body is read: RFC 9112.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace turbodiff::connect {

/// What a head may be at most, so that nobody fills the memory before it is known who asks.
struct HeadLimits {
  std::size_t total = 32 << 10;  ///< bytes, all lines together
  std::size_t line = 8 << 10;    ///< bytes of one line
  std::size_t fields = 100;      ///< header lines
};

struct RequestHead {
  std::string method, target, version;                      ///< "HTTP/1.1"
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::size_t size = 0;                                     ///< bytes, with the blank line

  /// The first of that name (in lower case); empty when there is none.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
};

/// Nothing until the blank line is in `text`. HttpError 431 and 414 beyond the limits, also before the head
/// is complete; 400 for what is no head.
std::optional<RequestHead> parse_head(std::string_view text, const HeadLimits& limits);

/// Whether a body is complete, from its beginning alone. `body` is what has come of it so far.
/// HttpError 400 where neither a length nor chunks can be read from the head or the body.
bool body_is_complete(const RequestHead& head, std::string_view body);

/// The length that the head tells; nothing for a body in chunks. HttpError 400 when it is none.
std::optional<std::size_t> told_length(const RequestHead& head);

}  // namespace turbodiff::connect
