// Shared by the users of libcurl; for sources of the module `http` only.
#pragma once

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "core/error.h"

namespace turbodiff::core::curl {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using Mime = std::unique_ptr<curl_mime, decltype(&curl_mime_free)>;

/// Initialises the library at the first call. Any thread.
inline Handle new_handle() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw Error::work_failed(fmt::format("libcurl cannot be used: {}", curl_easy_strerror(code)));
  Handle handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) throw Error::work_failed("libcurl cannot be used: out of memory");
  return handle;
}

/// Each option with its own type: curl_easy_setopt() is variadic.
template <typename Value>
void set(const Handle& handle, CURLoption option, Value value) {
  if (const CURLcode code = curl_easy_setopt(handle.get(), option, value); code != CURLE_OK)
    throw Error::work_failed(fmt::format("libcurl cannot be used: {}", curl_easy_strerror(code)));
}

inline Lines lines(const std::vector<std::string>& texts) {
  Lines list(nullptr, &curl_slist_free_all);
  for (const std::string& text : texts)
    if (curl_slist* longer = curl_slist_append(list.get(), text.c_str())) {
      static_cast<void>(list.release());
      list.reset(longer);
    }
  return list;
}

inline Mime no_mime() {
  return Mime(nullptr, &curl_mime_free);
}

/// CURLOPT_XFERINFOFUNCTION of an Exchange with `stopped` and a `request` that has a `stop` function.
template <typename Exchange>
int ask_to_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.stopped = exchange.request.stop && exchange.request.stop();
  return exchange.stopped ? 1 : 0;
}

}  // namespace turbodiff::core::curl
