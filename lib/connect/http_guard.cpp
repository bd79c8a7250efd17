#include "connect/http_guard.h"

#include "core/hash.h"
#include "core/strings.h"

namespace turbodiff::connect {
namespace {

/// "example.org:80" -> "example.org", "[::1]:80" -> "[::1]".
std::string_view name_of(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return core::equals_ignoring_case(origin.substr(scheme.size()), host);
  return false;
}

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
  // Of equal length, and telling nothing of what they are made from.
  const auto one = core::Sha256().update(a).digest(), other = core::Sha256().update(b).digest();
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i) difference |= static_cast<unsigned>(one[i] ^ other[i]);
  return difference == 0;
}

std::optional<Refusal> refusal_of(const HttpSettings& settings, const Credentials& credentials) {
  if (settings.token.empty() && !is_loopback(name_of(credentials.host))) return Refusal::foreign_host;
  if (!credentials.origin.empty() && !is_own_origin(credentials.origin, credentials.host))
    return Refusal::foreign_origin;
  if (settings.token.empty()) return std::nullopt;
  constexpr std::string_view scheme = "bearer ";
  const std::string_view given = credentials.authorization;
  if (!core::equals_ignoring_case(given.substr(0, scheme.size()), scheme)) return Refusal::no_token;
  if (!same_secret(core::trim(given.substr(scheme.size())), settings.token)) return Refusal::no_token;
  return std::nullopt;
}

}  // namespace turbodiff::connect
