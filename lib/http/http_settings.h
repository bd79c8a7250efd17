// The address, access control and output folder of the HTTP API.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::http {

inline constexpr std::string_view default_listen = "127.0.0.1:7860";

struct HttpSettings {
  std::string host = "127.0.0.1";
  int port = 7860;                    ///< 0: one that is free
  std::string token;                  ///< empty: only the server's own user is served
  bool token_for_all = false;         ///< whether the server's own user needs it too
  std::filesystem::path output;       ///< folder of the videos
  std::size_t body_limit = 1u << 20;  ///< bytes of a request's body
};

struct ListenAddress {
  std::string host;
  int port = 0;
};

/// Parses "127.0.0.1:7860", "[::1]:7860", "localhost", ":8000", "8000"; missing parts are those of
/// default_listen. Error bad_request naming `origin`.
ListenAddress parse_listen(std::string_view text, std::string_view origin);

/// Reads the first line of a file. Errors as core::read_secret_file() and check_token().
std::string read_token(const std::filesystem::path& file);

/// Error bad_request, naming `origin` and never the token, for a token that is too short to be safe or
/// contains blanks.
void check_token(std::string_view token, std::string_view origin);

/// Error bad_request off loopback without a token: anyone in the network could use the machine.
void require_token_off_loopback(const HttpSettings& settings);

}  // namespace turbodiff::http
