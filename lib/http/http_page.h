// The page at / and its files, which need no token because they contain no data.
#pragma once

#include <httplib.h>

#include <string_view>

namespace turbodiff::http {

/// Whether "/" or "/page/NAME" is one of the page's files.
bool is_page_address(std::string_view path);

/// Replies with the file at `path`, which is_page_address(), and a Content-Security-Policy that allows no
/// external resources and no other scripts.
void reply_page(std::string_view path, httplib::Response& response);

}  // namespace turbodiff::http
