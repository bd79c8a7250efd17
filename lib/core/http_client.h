// Fetching over HTTP and HTTPS, by libcurl.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace turbodiff::core {

struct HttpRequest {
  std::string url;                   ///< http:// or https://
  std::vector<std::string> headers;  ///< "Name: value"
  double timeout_s = 20;             ///< for the whole exchange; half of it for the connection
  std::size_t max_bytes = 64 << 20;  ///< of the body, unpacked
  std::function<bool()> stop;        ///< asked about once a second; true ends the exchange
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string etag;           ///< as sent, with its quotes
  std::string last_modified;  ///< as sent
};

/// GET. Follows up to five redirections (to HTTP and HTTPS only), honours the proxy variables of curl(1) and
/// checks certificates. Any status is an answer. Error work_failed when there is none or it is larger than
/// max_bytes, interrupted when `stop` says so. Any thread.
HttpResponse http_get(const HttpRequest& request);

}  // namespace turbodiff::core
