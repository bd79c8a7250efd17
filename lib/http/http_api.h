// The HTTP server of the daemon: it adds jobs, reports their state, and serves their videos.
//
// It runs in its own threads, one per request, and accesses the queue only through the store, like any
// command; the daemon is notified of its changes through the store.
#pragma once

#include <memory>

#include "core/log.h"
#include "http/http_queue.h"
#include "http/http_settings.h"

namespace turbodiff::http {

class HttpApi {
 public:
  /// The server listens when this returns. Error bad_request as require_token_off_loopback(), work_failed
  /// when it cannot listen on the address.
  HttpApi(HttpSettings settings, const std::filesystem::path& store, HttpQueueFactory make_queue,
          core::Log& log);
  /// Ends all connections; requests that wait for a video get an error.
  ~HttpApi();

  int port() const;
  /// Reports that the daemon has begun or ended something.
  void poke();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace turbodiff::http
