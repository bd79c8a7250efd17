// The daemon's HTTP API, configured by flags and settings.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "http/http_api.h"
#include "queue.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace turbodiff::app {

struct HttpFlags {
  CLI::Option* option = nullptr;
  std::string listen;  ///< empty: the default address
};

void add_http_flags(CLI::App& command, HttpFlags& flags);

/// http.listen, or the default.
http::ListenAddress configured_address(Queue& queue);

/// The token of http.token_file or http.token_env; empty when neither is set. Errors as
/// http::read_token().
std::string configured_token(Queue& queue);

/// Where 'http token' stores a new token when http.token_file is not set: beside the store.
std::filesystem::path made_token_file(Queue& queue);

/// The server listens when this returns. Null when neither --http nor http.listen is given. Errors as
/// http::parse_listen(), read_token() and HttpApi.
std::unique_ptr<http::HttpApi> start_http(Queue& queue, const HttpFlags& flags);

}  // namespace turbodiff::app
