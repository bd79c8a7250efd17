#include "http/http_guard.h"

#include "core/hash.h"
#include "core/net/loopback.h"
#include "core/text/strings.h"

namespace turbodiff::http {
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

bool shows_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "bearer ";
  if (token.empty() || !core::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme))
    return false;
  return same_secret(core::trim(authorization.substr(scheme.size())), token);
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
  // Pages at other ports of this machine are "same-site", and may be another user's.
  for (const std::string_view site : {"cross-site", "same-site"})
    if (core::equals_ignoring_case(credentials.site, site)) return Refusal::cross_site;
  const bool by_user = credentials.own_user && !settings.token_for_all;
  const bool by_token = shows_token(credentials.authorization, settings.token);
  if (by_user && !by_token && !core::is_loopback(name_of(credentials.host))) return Refusal::foreign_host;
  if (!credentials.origin.empty() && !is_own_origin(credentials.origin, credentials.host))
    return Refusal::foreign_origin;
  if (by_user || by_token) return std::nullopt;
  return Refusal::no_token;
}

}  // namespace turbodiff::http
