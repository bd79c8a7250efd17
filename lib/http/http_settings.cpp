#include "http/http_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/net/loopback.h"
#include "core/os/private_file.h"
#include "core/text/strings.h"

namespace turbodiff::http {
namespace {

constexpr std::size_t shortest_token = 16;

}  // namespace

ListenAddress parse_listen(std::string_view text, std::string_view origin) {
  const auto wrong = [&] {
    return Error::bad_request(fmt::format("{}: '{}' is not an address to listen on", origin, text),
                              "write HOST:PORT, such as 127.0.0.1:7860 or [::1]:7860");
  };
  ListenAddress address{"127.0.0.1", 7860};
  std::string_view host = text, port;
  if (text.starts_with("[")) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) throw wrong();
    host = text.substr(1, end - 1);
    std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(":")) throw wrong();
    if (!rest.empty()) port = rest.substr(1);
    if (host.empty() || (!rest.empty() && port.empty())) throw wrong();
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty() || port.find(':') != std::string_view::npos) throw wrong();
  } else if (core::parse_integer(text)) {
    host = {};
    port = text;
  }
  const auto odd = [](char c) { return c <= ' ' || c == '/' || c == '@' || c == 127; };
  if (std::any_of(host.begin(), host.end(), odd)) throw wrong();
  if (!host.empty()) address.host = host;
  if (!port.empty()) {
    const auto number = core::parse_integer(port);
    if (!number || *number < 0 || *number > 65535) throw wrong();
    address.port = static_cast<int>(*number);
  }
  return address;
}

void check_token(std::string_view token, std::string_view origin) {
  if (token.size() < shortest_token)
    throw Error::bad_request(
        fmt::format("{}: the token is shorter than {} characters", origin, shortest_token),
        "make one with 'openssl rand -hex 32'");
  if (std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c > '~'; }))
    throw Error::bad_request(fmt::format("{}: the token has characters other than printable ASCII", origin),
                             "make one with 'openssl rand -hex 32'");
}

std::string read_token(const std::filesystem::path& file) {
  std::string token = core::read_secret_file(file, "http.token_file");
  check_token(token, "http.token_file");
  return token;
}

void require_token_off_loopback(const HttpSettings& settings) {
  if (!settings.token.empty() || core::is_loopback(settings.host)) return;
  throw Error::bad_request(
      fmt::format("the HTTP API would be open to the network at {}", settings.host),
      "make a token with 'turbodiff-sched http token', set http.token_file or http.token_env, or listen on "
      "127.0.0.1");
}

}  // namespace turbodiff::http
