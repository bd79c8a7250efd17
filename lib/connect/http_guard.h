// Who may use the HTTP API: against other machines a token, against web pages in the user's own browser the
// Host and Origin headers (DNS rebinding, cross-site requests).
#pragma once

#include <optional>
#include <string_view>

#include "connect/http_settings.h"

namespace turbodiff::connect {

/// The headers that decide; empty when missing.
struct Credentials {
  std::string_view host, origin, authorization;
};

enum class Refusal { foreign_host, foreign_origin, no_token };

/// Nothing when the request may pass. Without a token, Host must name the loopback; an Origin must always be
/// that of the API itself.
std::optional<Refusal> refusal_of(const HttpSettings& settings, const Credentials& credentials);

/// Takes as long whatever the first difference is.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace turbodiff::connect
