// The front end of the HTTP server: one thread accepts all connections, reads their requests and writes their
// replies without waiting for a client. A request gets its own thread only when it is complete, so that
// clients that send or read slowly cost a descriptor and a buffer but never block others.
#pragma once

#include <httplib.h>

#include <chrono>
#include <functional>
#include <memory>

#include "core/error.h"
#include "http/http_head.h"

namespace turbodiff::http {

struct FrontLimits {
  HeadLimits head;
  std::size_t body = 1u << 20;        ///< maximum bytes of a body
  std::size_t all_bodies = 64 << 20;  ///< maximum bytes of all incomplete requests
  std::size_t connections = 400;      ///< maximum; beyond it the oldest incomplete one is closed
  int threads = 128;                  ///< maximum of concurrent requests; further ones wait
  std::chrono::milliseconds head_time{10'000}, body_time{30'000};
  std::chrono::milliseconds stall_time{
      30'000};  ///< a client that reads nothing for this time is disconnected
};

class HttpFront {
 public:
  struct Calls {
    /// Whether a body is awaited; otherwise a request is answered from its head alone.
    std::function<bool(const RequestHead&, bool own_user)> wants_body;
    /// Answers one request, in its own thread.
    std::function<void(httplib::Stream&, bool own_user)> serve;
    /// The bytes of the reply to an invalid request.
    std::function<std::string(int status, const Error&)> refusal;
  };

  /// Takes ownership of the listening socket. `own_user` is true for clients on the loopback that belong to
  /// this process's user or to root.
  HttpFront(int listener, FrontLimits limits, Calls calls);
  /// Ends all connections after the current requests have been answered.
  ~HttpFront();
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace turbodiff::http
