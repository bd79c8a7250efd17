#include "http/http_page.h"

#include <string>

#include "http/page_files.h"

namespace turbodiff::http {
namespace {

// blob: is a preview, or the video of a server with a token, which a <video> cannot send.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const EmbeddedFile* file_at(std::string_view path) {
  constexpr std::string_view folder = "/page/";
  if (path == "/")
    path = "index.html";
  else if (path.starts_with(folder))
    path.remove_prefix(folder.size());
  else
    return nullptr;
  for (const EmbeddedFile& file : embedded_files())
    if (file.name == path) return &file;
  return nullptr;
}

const char* type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

}  // namespace

bool is_page_address(std::string_view path) {
  return file_at(path) != nullptr;
}

void reply_page(std::string_view path, httplib::Response& response) {
  const EmbeddedFile& file = *file_at(path);
  response.status = 200;
  response.set_header("Content-Security-Policy", policy);
  response.set_header("Referrer-Policy", "no-referrer");
  response.set_header("Cache-Control", "no-cache");
  response.set_content(std::string(file.bytes.begin(), file.bytes.end()), type_of(file.name));
}

}  // namespace turbodiff::http
