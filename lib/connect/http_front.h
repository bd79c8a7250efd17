// The front of the HTTP server: one thread accepts all connections, reads their requests and writes their
// replies, and waits for no client. A request gets a thread of its own only when it has come completely, so
// that clients that send or read slowly cost a descriptor and a buffer but never keep others waiting.
#pragma once

#include <httplib.h>

#include <chrono>
#include <functional>
#include <memory>

#include "connect/http_head.h"
#include "core/error.h"

namespace turbodiff::connect {

struct FrontLimits {
  HeadLimits head;
  std::size_t body = 1u << 20;        ///< bytes of a body that are waited for
  std::size_t all_bodies = 64 << 20;  ///< bytes of all requests that are not complete
  std::size_t connections = 400;      ///< beyond, the one that has been incomplete for longest is closed
  int threads = 128;                  ///< requests that are answered at once; others wait for one of them
  std::chrono::milliseconds head_time{10'000}, body_time{30'000};
  std::chrono::milliseconds stall_time{30'000};  ///< a client that reads nothing for so long is given up
};

class HttpFront {
 public:
  struct Calls {
    /// Whether a body is to be waited for; without it a request is answered from its head alone.
    std::function<bool(const RequestHead&, bool own_user)> wants_body;
    /// Answers one request, in a thread of its own.
    std::function<void(httplib::Stream&, bool own_user)> serve;
    /// The bytes of a reply to what is no request.
    std::function<std::string(int status, const Error&)> refusal;
  };

  /// Takes the listening socket. `own_user` is true for clients on the loopback that belong to this process's
  /// user or to root.
  HttpFront(int listener, FrontLimits limits, Calls calls);
  /// Ends all connections, when the requests in work have been answered.
  ~HttpFront();
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace turbodiff::connect
