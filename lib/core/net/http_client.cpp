#include "core/net/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/net/curl_handle.h"
#include "core/secret.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

struct Exchange {
  const HttpRequest& request;
  HttpResponse response;
  bool too_large = false;
  bool stopped = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.response.body.size() + size > exchange.request.max_bytes) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  HttpResponse& response = static_cast<Exchange*>(user)->response;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // the headers of the next answer
    response.etag.clear();
    response.last_modified.clear();
    response.retry_after.clear();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = to_lower(line.substr(0, colon));
  if (name == "etag") response.etag = trim(line.substr(colon + 1));
  if (name == "retry-after") response.retry_after = trim(line.substr(colon + 1));
  if (name == "last-modified") response.last_modified = trim(line.substr(colon + 1));
  return size;
}

using curl::Handle;
using curl::set;

constexpr int most_redirections = 5;

bool is_secure(const std::string& url) {
  return to_lower(std::string_view(url).substr(0, 8)) == "https://";
}

/// "https://host:port": all before the path.
std::string origin_of(const std::string& url) {
  const std::size_t host = url.find("://");
  return to_lower(url.substr(0, url.find_first_of("/?#", host == std::string::npos ? 0 : host + 3)));
}

/// Whether a header describes the requested answer and does not identify the client.
bool may_follow(std::string_view header) {
  const std::string name = to_lower(header.substr(0, header.find(':')));
  return name == "accept" || name == "if-none-match" || name == "if-modified-since";
}

void set_common(const Handle& handle, Exchange& exchange, char* error) {
  const auto timeout_ms = static_cast<long>(exchange.request.timeout_s * 1000);
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  // Redirections are followed by http_exchange(), which decides which headers they get.
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_ACCEPT_ENCODING, "");
  set(handle, CURLOPT_USERAGENT, "turbodiff");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms / 2);
  set(handle, CURLOPT_ERRORBUFFER, error);
  set(handle, CURLOPT_WRITEFUNCTION, &take_body);
  set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  set(handle, CURLOPT_HEADERFUNCTION, &take_header);
  set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(handle, CURLOPT_NOPROGRESS, 0L);
  set(handle, CURLOPT_XFERINFOFUNCTION, &curl::ask_to_stop<Exchange>);
  set(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
}

/// `mime` must outlive the exchange.
void set_body(const Handle& handle, const HttpRequest& request, curl::Mime& mime) {
  if (!request.ca_file.empty()) set(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.method == "GET") return;
  if (!request.parts.empty()) {
    mime.reset(curl_mime_init(handle.get()));
    for (const HttpPart& part : request.parts) {
      curl_mimepart* added = curl_mime_addpart(mime.get());
      curl_mime_name(added, part.name.c_str());
      curl_mime_data(added, part.data.data(), part.data.size());
      if (!part.file_name.empty()) curl_mime_filename(added, part.file_name.c_str());
      if (!part.type.empty()) curl_mime_type(added, part.type.c_str());
    }
    set(handle, CURLOPT_MIMEPOST, mime.get());
  } else {
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

HttpResponse http_exchange(const HttpRequest& request) {
  const Handle handle = curl::new_handle();
  Exchange exchange{request, {}};
  char error[CURL_ERROR_SIZE] = "";
  set_common(handle, exchange, error);
  curl::Lines headers = curl::lines(request.headers);
  curl::Mime mime = curl::no_mime();
  set_body(handle, request, mime);
  const std::string url = escape_control(redacted_url(request.url));
  const auto begin = std::chrono::steady_clock::now();

  std::string at = request.url;
  CURLcode code = CURLE_OK;
  for (int redirections = 0;; ++redirections) {
    set(handle, CURLOPT_URL, at.c_str());
    set(handle, CURLOPT_HTTPHEADER, headers.get());
    code = curl_easy_perform(handle.get());
    const char* location = nullptr;
    if (code == CURLE_OK && request.follow && request.method == "GET")
      curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &location);
    if (location == nullptr) break;
    const std::string next = location;
    if (redirections == most_redirections)
      throw Error::work_failed(fmt::format("{}: more than {} redirections", url, most_redirections));
    if (is_secure(at) && !is_secure(next))
      throw Error::work_failed(fmt::format("{}: leads from https to an address without encryption", url));
    if (origin_of(next) != origin_of(at)) {
      // Headers may hold a secret that is nobody else's business.
      std::vector<std::string> kept;
      std::copy_if(request.headers.begin(), request.headers.end(), std::back_inserter(kept), may_follow);
      headers = curl::lines(kept);
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    const double left_s = request.timeout_s - passed.count();
    if (left_s <= 0) throw Error::work_failed(fmt::format("{}: no answer in time", url));
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(left_s * 1000) + 1);
    exchange.response.body.clear();
    at = next;
  }
  if (exchange.stopped) throw Error::interrupted();
  if (exchange.too_large)
    throw Error::work_failed(
        fmt::format("{}: the answer is larger than {} MiB", url, request.max_bytes >> 20));
  if (code != CURLE_OK)
    throw Error::work_failed(
        fmt::format("{}: {}", url, escape_control(error[0] != '\0' ? error : curl_easy_strerror(code))));
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

HttpResponse http_get(const HttpRequest& request) {
  return http_exchange(request);
}

}  // namespace turbodiff::core
