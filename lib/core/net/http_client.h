// Fetching over HTTP and HTTPS, by libcurl.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace turbodiff::core {

/// A part of a multipart/form-data body.
struct HttpPart {
  std::string name, data;
  std::string file_name = {}, type = {};  ///< of a part that represents a file
};

struct HttpRequest {
  std::string url;                   ///< http:// or https://
  std::string method = "GET";        ///< redirections are followed for GET alone
  bool follow = true;                ///< redirections; not where a header has a secret for this host alone
  std::string body = {};             ///< of other methods
  std::vector<HttpPart> parts = {};  ///< instead of a body
  std::string ca_file = {};          ///< certificates to trust instead of the system's
  std::vector<std::string> headers;  ///< "Name: value"
  double timeout_s = 20;             ///< for the whole exchange; half of it for the connection
  std::size_t max_bytes = 64 << 20;  ///< of the body, unpacked
  std::function<bool()> stop;        ///< called about once a second; true ends the exchange
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string etag;           ///< as sent, with its quotes
  std::string last_modified;  ///< as sent
  std::string retry_after;    ///< as sent
};

/// Follows up to five redirections, from https to https alone, and sends another origin than the first only
/// the headers Accept, If-None-Match and If-Modified-Since. Uses the proxy variables of curl(1), checks
/// certificates and requires TLS 1.2 or later. Any status is an answer. Error work_failed when there is no
/// answer or it is larger than max_bytes, interrupted when `stop` returns true. Any thread.
HttpResponse http_exchange(const HttpRequest& request);
/// http_exchange() for a GET.
HttpResponse http_get(const HttpRequest& request);

}  // namespace turbodiff::core
