// The endpoints of the HTTP API.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/change_signal.h"
#include "http/http_queue.h"
#include "http/http_settings.h"

namespace turbodiff::http {

class HttpHandlers {
 public:
  HttpHandlers(const HttpSettings& settings, HttpQueueFactory make_queue, ChangeSignal& changes);

  /// Answers a request that has passed the access control. `body` is read by the endpoints that take one, and
  /// the request's `progress` returns false once its client has gone. Every failure becomes a reply.
  void handle(const httplib::Request& request, httplib::Response& response,
              const std::function<std::string()>& body);

  /// "GET, DELETE": the methods of an endpoint; empty where there is none.
  static std::string methods_of(std::string_view path);

 private:
  struct Call {
    const httplib::Request& request;
    httplib::Response& response;
    HttpQueue& queue;
    const std::function<std::string()>& body;
    store::JobId id = 0;  ///< the {id} in the path
  };
  using Handler = void (HttpHandlers::*)(Call&);
  struct Route {
    std::string_view method, pattern;
    Handler handler;
  };
  static std::span<const Route> routes();

  void generate(Call& call);
  void wait_for(Call& call, store::JobId id, const std::vector<std::string>& warnings);
  void progress(Call& call);
  void list(Call& call);
  void show(Call& call);
  void remove(Call& call);
  void hold(Call& call);
  void release(Call& call);
  void cancel(Call& call);
  void retry(Call& call);
  void video(Call& call);
  void preview(Call& call);
  void plan(Call& call);
  void tariff(Call& call);
  void status(Call& call);
  void summary(Call& call);
  void restart_worker(Call& call);
  void events(Call& call);
  void openapi(Call& call);

  void change(Call& call, const std::function<void()>& action);
  nlohmann::ordered_json progress_json(HttpQueue& queue) const;
  nlohmann::ordered_json state_json(HttpQueue& queue) const;
  std::filesystem::path new_output(HttpQueue& queue, const std::string& format) const;

  const HttpSettings& settings_;
  HttpQueueFactory make_queue_;
  ChangeSignal& changes_;
  std::atomic<int> waiting_{0}, listening_{0}, fetching_{0};
};

}  // namespace turbodiff::http
