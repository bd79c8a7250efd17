#include "http/http_api.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "http/change_signal.h"
#include "http/http_front.h"
#include "http/http_guard.h"
#include "http/http_handlers.h"
#include "http/http_page.h"
#include "http/http_reply.h"
#include "http/http_video.h"

namespace turbodiff::http {
namespace {

/// The library's own would let two daemons share a port.
void set_socket_options(socket_t socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

/// How the library's request carries who asks. No client can send a header of this name: it ends at a colon.
constexpr const char* own_user_field = ":own-user";

std::pair<int, Error> describe(Refusal refusal, const HttpSettings& settings) {
  switch (refusal) {
    case Refusal::cross_site:
      return {403, Error::bad_request("another web site's page has led here",
                                      "open the address itself, from a bookmark or by typing it")};
    case Refusal::foreign_host:
      return {403,
              Error::bad_request("the Host header does not name this machine", "use 127.0.0.1 or localhost")};
    case Refusal::foreign_origin:
      return {403, Error::bad_request("web pages of other origins may not use this server")};
    case Refusal::no_token:
      break;
  }
  return {401, Error::bad_request("a token is needed",
                                  settings.token_for_all
                                      ? "send 'Authorization: Bearer TOKEN'"
                                      : "only the server's own user needs none: send 'Authorization: Bearer "
                                        "TOKEN', made with 'turbodiff-sched http token'")};
}

/// A reply in full, for what the library never sees.
std::string refusal_text(int status, const Error& error) {
  httplib::Response response;
  reply_error(response, status, error);
  return fmt::format(
      "HTTP/1.1 {} Refused\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}",
      status, response.body.size(), response.body);
}

/// For what the library refuses by itself.
void describe_status(const httplib::Request& request, httplib::Response& response) {
  if (!response.body.empty()) return;
  // A method that the library does not know: nothing but the first line has been read.
  const std::string allowed = HttpHandlers::methods_of(request.target.substr(0, request.target.find('?')));
  if (response.status == 400 && request.path.empty() && !allowed.empty()) {
    response.set_header("Allow", allowed);
    return reply_error(response, 405, Error::bad_request("there is no such method", "use " + allowed));
  }
  switch (response.status) {
    case 413:
      return reply_error(response, 413, Error::bad_request("the body is too large"));
    case 414:
      return reply_error(response, 414, Error::bad_request("the address is too long"));
    case 416:
      return reply_error(response, 416, Error::bad_request("the Range header is not valid"));
    default:
      return reply_error(response, response.status, Error::bad_request("the request is not valid HTTP"));
  }
}

}  // namespace

class HttpApi::Server : private httplib::Server {
 public:
  Server(HttpSettings settings, const std::filesystem::path& store, HttpQueueFactory make_queue)
      : settings_(std::move(settings)),
        changes_(store),
        handlers_(settings_, std::move(make_queue), changes_) {
    require_token_off_loopback(settings_);
    httplib::Server::set_socket_options(http::set_socket_options);
    set_payload_max_length(settings_.body_limit);
    set_default_headers(
        {{"X-Content-Type-Options", "nosniff"}, {"Cross-Origin-Resource-Policy", "same-origin"}});
    set_pre_routing_handler(
        [this](const auto& request, auto& response) { return handle_without_body(request, response); });
    Post("/sdapi/v1/txt2vid", [this](const httplib::Request& request, httplib::Response& response,
                                     const httplib::ContentReader& reader) {
      handlers_.handle(request, response, [&] { return read_body(request, response, reader); });
    });
    set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      describe_status(request, response);
    });
    listen();
  }
  ~Server() override {
    changes_.stop();
    svr_sock_ = INVALID_SOCKET;  // by which the library knows that videos are not to be sent to their end
    front_.reset();
  }

  int port() const { return port_; }
  void poke() { changes_.poke(); }
  const HttpSettings& settings() const { return settings_; }

 private:
  void listen() {
    errno = 0;
    if (settings_.port == 0)
      port_ = bind_to_any_port(settings_.host);
    else
      port_ = bind_to_port(settings_.host, settings_.port) ? settings_.port : -1;
    if (port_ < 0)
      throw Error::work_failed(fmt::format("cannot listen on {}:{}: {}", settings_.host, settings_.port,
                                           errno != 0 ? std::strerror(errno) : "the name is not known"),
                               "choose another address with --http");
    FrontLimits limits;
    limits.body = settings_.body_limit;
    HttpFront::Calls calls;
    calls.wants_body = [this](const RequestHead& head, bool own_user) {
      const Credentials credentials{head.field("host"), head.field("origin"), head.field("authorization"),
                                    head.field("sec-fetch-site"), own_user};
      return head.method == "POST" && !refusal_of(settings_, credentials);
    };
    calls.serve = [this](httplib::Stream& stream, bool own_user) { serve(stream, own_user); };
    calls.refusal = refusal_text;
    front_.emplace(svr_sock_, limits, std::move(calls));
  }

  void serve(httplib::Stream& stream, bool own_user) {
    bool closed = false;
    process_request(
        stream, /*close_connection=*/true, closed, [&stream, own_user](httplib::Request& request) {
          // What a client of the library is asked while it loads: false ends it.
          request.progress = [&stream](std::uint64_t, std::uint64_t) { return stream.is_writable(); };
          request.headers.erase(own_user_field);
          if (own_user) request.set_header(own_user_field, "1");
        });
  }

  httplib::Server::HandlerResponse handle_without_body(const httplib::Request& request,
                                                       httplib::Response& response) {
    using enum httplib::Server::HandlerResponse;
    const std::string host = request.get_header_value("Host"), origin = request.get_header_value("Origin"),
                      authorization = request.get_header_value("Authorization"),
                      site = request.get_header_value("Sec-Fetch-Site");
    const bool page = is_page_address(request.path) && (request.method == "GET" || request.method == "HEAD");
    const auto refusal =
        refusal_of(settings_, {host, origin, authorization, site, request.has_header(own_user_field)});
    if (refusal && !(page && refusal == Refusal::no_token)) {
      ignore_ranges(request);
      const auto [status, error] = describe(*refusal, settings_);
      if (status == 401) response.set_header("WWW-Authenticate", "Bearer");
      reply_error(response, status, error);
      return Handled;
    }
    if (page) {
      ignore_ranges(request);
      reply_page(request.path, response);
      return Handled;
    }
    if (request.method == "POST" && request.path == "/sdapi/v1/txt2vid") {
      if (request.has_header("Content-Length") || request.has_header("Transfer-Encoding")) return Unhandled;
      ignore_ranges(request);
      reply_error(response, 411, Error::bad_request("the request has no Content-Length"));
      return Handled;
    }
    handlers_.handle(request, response, [] { return std::string(); });
    return Handled;
  }

  std::string read_body(const httplib::Request& request, const httplib::Response& response,
                        const httplib::ContentReader& reader) const {
    if (request.is_multipart_form_data())
      throw HttpError{415,
                      Error::bad_request("the body must be JSON", "send Content-Type: application/json")};
    std::string body;
    bool too_large = false;
    const bool read = reader([&](const char* data, std::size_t size) {
      too_large = body.size() + size > settings_.body_limit;
      if (!too_large) body.append(data, size);
      return !too_large;
    });
    if (too_large || response.status == 413)
      throw HttpError{413, Error::bad_request("the body is too large")};
    if (response.status == 415) throw HttpError{415, Error::bad_request("the body's encoding is not known")};
    if (!read) throw Error::bad_request("the body is incomplete");
    return body;
  }

  HttpSettings settings_;
  ChangeSignal changes_;
  HttpHandlers handlers_;
  int port_ = -1;
  std::optional<HttpFront> front_;
};

HttpApi::HttpApi(HttpSettings settings, const std::filesystem::path& store, HttpQueueFactory make_queue,
                 core::Log& log)
    : server_(std::make_unique<Server>(std::move(settings), store, std::move(make_queue))) {
  const std::string& host = server_->settings().host;
  log.info("listening on http://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]",
           port());
}

HttpApi::~HttpApi() = default;

int HttpApi::port() const {
  return server_->port();
}

void HttpApi::poke() {
  server_->poke();
}

}  // namespace turbodiff::http
