// Who may use the HTTP API: against other machines and other users of this one a token, against web pages in
// the user's own browser the Host, Origin and Sec-Fetch-Site headers (DNS rebinding, cross-site requests).
#pragma once

#include <optional>
#include <string_view>

#include "connect/http_settings.h"

namespace turbodiff::connect {

/// What decides; headers are empty when missing.
struct Credentials {
  std::string_view host, origin, authorization, site;
  bool own_user = false;  ///< comes over the loopback from the server's own user, or root
};

enum class Refusal { cross_site, foreign_host, foreign_origin, no_token };

/// Nothing when the request may pass: with the token, or from the server's own user where it need not be
/// shown. What passes without it must name the loopback as Host. An Origin must always be that of the API
/// itself, and a page of another site may not even point here: an image there could hold a stream of events.
std::optional<Refusal> refusal_of(const HttpSettings& settings, const Credentials& credentials);

/// Takes as long whatever the first difference is.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace turbodiff::connect
