// The HTTP server of the daemon: it adds jobs, tells how they are, and hands their videos out.
//
// It runs in threads of its own, one a connection, and sees the queue only through the store, as any command
// does; what it changes reaches the daemon by the store's bell.
#pragma once

#include <memory>

#include "connect/http_queue.h"
#include "connect/http_settings.h"
#include "core/log.h"

namespace turbodiff::connect {

class HttpApi {
 public:
  /// Listens when it returns. Error bad_request as require_token_off_loopback(), work_failed when the address
  /// cannot be had.
  HttpApi(HttpSettings settings, const std::filesystem::path& store, HttpQueueFactory make_queue,
          core::Log& log);
  /// Ends all connections; requests that wait for a video are told so.
  ~HttpApi();

  int port() const;
  /// The daemon has begun or ended something.
  void poke();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace turbodiff::connect
