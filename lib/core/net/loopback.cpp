#include "core/net/loopback.h"

#include <algorithm>

#include "core/text/strings.h"

namespace turbodiff::core {

bool is_loopback(std::string_view host) {
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  if (equals_ignoring_case(host, "localhost") || host == "::1") return true;
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts[0] == "127" && std::all_of(parts.begin(), parts.end(), [](auto part) {
           const auto number = parse_integer(part);
           return number && *number >= 0 && *number <= 255 && part.size() <= 3;
         });
}

}  // namespace turbodiff::core
