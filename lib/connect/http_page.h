// The page at / and its files, which need no token: they hold nothing but the page itself.
#pragma once

#include <httplib.h>

#include <string_view>

namespace turbodiff::connect {

/// Whether "/" or "/page/NAME" is one of the page's files.
bool is_page_address(std::string_view path);

/// The file at `path`, which is_page_address(), with a Content-Security-Policy that lets it load nothing from
/// anywhere else and run no script but its own.
void reply_page(std::string_view path, httplib::Response& response);

}  // namespace turbodiff::connect
