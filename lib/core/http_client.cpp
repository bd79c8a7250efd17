#include "core/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/strings.h"
#include "core/text_width.h"

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
  if (line.starts_with("HTTP/")) {  // the headers of the next redirection
    response.etag.clear();
    response.last_modified.clear();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = to_lower(line.substr(0, colon));
  if (name == "etag") response.etag = trim(line.substr(colon + 1));
  if (name == "last-modified") response.last_modified = trim(line.substr(colon + 1));
  return size;
}

int ask_to_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.stopped = exchange.request.stop && exchange.request.stop();
  return exchange.stopped ? 1 : 0;
}

void start_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw Error::work_failed(fmt::format("HTTP cannot be used: {}", curl_easy_strerror(code)));
}

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// Every option by its own type: curl_easy_setopt() is variadic.
template <typename Value>
void set(const Handle& handle, CURLoption option, Value value) {
  if (const CURLcode code = curl_easy_setopt(handle.get(), option, value); code != CURLE_OK)
    throw Error::work_failed(fmt::format("HTTP cannot be used: {}", curl_easy_strerror(code)));
}

void set_common(const Handle& handle, Exchange& exchange, char* error) {
  const auto timeout_ms = static_cast<long>(exchange.request.timeout_s * 1000);
  set(handle, CURLOPT_URL, exchange.request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle, CURLOPT_MAXREDIRS, 5L);
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
  set(handle, CURLOPT_XFERINFOFUNCTION, &ask_to_stop);
  set(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
}

}  // namespace

HttpResponse http_get(const HttpRequest& request) {
  start_curl_once();
  const Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) throw Error::work_failed("HTTP cannot be used: out of memory");
  Exchange exchange{request, {}};
  char error[CURL_ERROR_SIZE] = "";
  set_common(handle, exchange, error);
  Headers headers(nullptr, &curl_slist_free_all);
  for (const std::string& line : request.headers)
    if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str())) {
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
  set(handle, CURLOPT_HTTPHEADER, headers.get());

  const CURLcode code = curl_easy_perform(handle.get());
  if (exchange.stopped) throw Error::interrupted();
  const std::string url = escape_control(request.url);
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

}  // namespace turbodiff::core
