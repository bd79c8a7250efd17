// Access control of the HTTP API: a token against other machines and other users of this one; the Host,
// Origin and Sec-Fetch-Site headers against web pages in the user's own browser (DNS rebinding, cross-site
// requests).
#pragma once

#include <optional>
#include <string_view>

#include "http/http_settings.h"

namespace turbodiff::http {

/// The inputs of the decision; headers are empty when missing.
struct Credentials {
  std::string_view host, origin, authorization, site;
  bool own_user = false;  ///< comes over the loopback from the server's own user, or root
};

enum class Refusal { cross_site, foreign_host, foreign_origin, no_token };

/// Nothing when the request is allowed: with the token, or from the server's own user where that needs none.
/// A request without the token must have the loopback as Host. An Origin must always be that of the API
/// itself, and a page of another site may not even link here: an image there could hold a stream of events
/// open.
std::optional<Refusal> refusal_of(const HttpSettings& settings, const Credentials& credentials);

/// Compares in time that does not depend on the position of the first difference.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace turbodiff::http
