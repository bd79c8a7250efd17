#include "http/http_handlers.h"

#include <fmt/format.h>

#include <memory>

#include "core/text/strings.h"
#include "http/http_page.h"
#include "http/http_reply.h"
#include "http/http_semaphore.h"
#include "http/http_video.h"
#include "http/openapi.h"

namespace turbodiff::http {
namespace {

using Json = nlohmann::ordered_json;

/// Each takes a thread for as long as its client reads: there must be some left for short requests.
constexpr int most_fetching = 32;

store::JobId parse_id(std::string_view text) {
  const auto id = core::parse_integer(text);
  if (!id || *id < 1)
    throw Error::not_found(fmt::format("there is no job '{}'", text.substr(0, 40)),
                           "see /api/jobs for the numbers");
  return *id;
}

/// Whether `path` is `pattern`; `id` gets what stands for {id}.
bool matches(std::string_view pattern, std::string_view path, std::string_view& id) {
  const auto want = core::split(pattern, '/'), have = core::split(path, '/');
  if (want.size() != have.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (want[i] == "{id}" && !have[i].empty())
      id = have[i];
    else if (want[i] != have[i])
      return false;
  }
  return true;
}

std::optional<std::string> parameter(const httplib::Request& request, const std::string& name) {
  if (!request.has_param(name)) return std::nullopt;
  return request.get_param_value(name);
}

}  // namespace

HttpHandlers::HttpHandlers(const HttpSettings& settings, HttpQueueFactory make_queue, ChangeSignal& changes)
    : settings_(settings), make_queue_(std::move(make_queue)), changes_(changes) {}

std::span<const HttpHandlers::Route> HttpHandlers::routes() {
  static constexpr Route table[] = {
      {"POST", "/sdapi/v1/txt2vid", &HttpHandlers::generate},
      {"GET", "/sdapi/v1/progress", &HttpHandlers::progress},
      {"GET", "/api/jobs", &HttpHandlers::list},
      {"GET", "/api/jobs/{id}", &HttpHandlers::show},
      {"DELETE", "/api/jobs/{id}", &HttpHandlers::remove},
      {"POST", "/api/jobs/{id}/hold", &HttpHandlers::hold},
      {"POST", "/api/jobs/{id}/release", &HttpHandlers::release},
      {"POST", "/api/jobs/{id}/cancel", &HttpHandlers::cancel},
      {"POST", "/api/jobs/{id}/retry", &HttpHandlers::retry},
      {"GET", "/api/jobs/{id}/video", &HttpHandlers::video},
      {"GET", "/api/jobs/{id}/preview", &HttpHandlers::preview},
      {"GET", "/api/plan", &HttpHandlers::plan},
      {"GET", "/api/tariff", &HttpHandlers::tariff},
      {"GET", "/api/status", &HttpHandlers::status},
      {"GET", "/api/summary", &HttpHandlers::summary},
      {"POST", "/api/worker/restart", &HttpHandlers::restart_worker},
      {"GET", "/api/events", &HttpHandlers::events},
      {"GET", "/openapi.json", &HttpHandlers::openapi},
  };
  return table;
}

std::string HttpHandlers::methods_of(std::string_view path) {
  std::string methods;
  if (is_page_address(path)) return "GET";
  std::string_view id;
  for (const Route& route : routes())
    if (matches(route.pattern, path, id))
      methods += (methods.empty() ? "" : ", ") + std::string(route.method);
  return methods;
}

void HttpHandlers::handle(const httplib::Request& request, httplib::Response& response,
                          const std::function<std::string()>& body) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  try {
    if (!request.path.ends_with("/video")) ignore_ranges(request);
    for (const Route& route : routes()) {
      std::string_view id;
      if (route.method != method || !matches(route.pattern, request.path, id)) continue;
      const store::JobId number = id.empty() ? 0 : parse_id(id);
      const std::unique_ptr<HttpQueue> queue = make_queue_();
      Call call{request, response, *queue, body, number};
      return (this->*route.handler)(call);
    }
    const std::string allowed = methods_of(request.path);
    if (allowed.empty()) throw Error::not_found("no such endpoint", "see /openapi.json for the endpoints");
    response.set_header("Allow", allowed);
    throw HttpError{405, Error::bad_request("the endpoint does not support that method", "use " + allowed)};
  } catch (const HttpError& error) {
    reply_error(response, error.status, error.error);
  } catch (const Error& error) {
    reply_error(response, status_of(error.code()), error);
  } catch (const std::exception& error) {
    reply_error(response, 500, Error::work_failed(std::string("internal error: ") + error.what()));
  }
  if (response.status == 503) response.set_header("Retry-After", "60");
}

void HttpHandlers::list(Call& call) {
  store::ListQuery query;
  query.newest_first = true;
  query.limit = 100;
  if (const auto limit = parameter(call.request, "limit")) {
    const auto number = core::parse_integer(*limit);
    if (!number || *number < 1 || *number > 1000)
      throw Error::bad_request("'limit' must be between 1 and 1000");
    query.limit = static_cast<std::size_t>(*number);
  }
  if (const auto names = parameter(call.request, "state"))
    for (const std::string_view name : core::split(*names, ',')) {
      const auto state = store::state_named(name);
      if (!state)
        throw Error::bad_request(fmt::format("'state': there is no state '{}'", name.substr(0, 40)),
                                 "states are queued, held, running, done, failed and cancelled");
      query.states.push_back(*state);
    }
  reply(call.response, 200, call.queue.list(query));
}

void HttpHandlers::show(Call& call) {
  reply(call.response, 200, call.queue.show(call.id));
}

void HttpHandlers::change(Call& call, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    // The store's only bad request is a job in a state that does not take it.
    if (error.code() == ErrorCode::bad_request) throw HttpError{409, error};
    throw;
  }
}

void HttpHandlers::remove(Call& call) {
  change(call, [&] { call.queue.store().remove(call.id); });
  reply(call.response, 200, {{"id", call.id}, {"state", "removed"}});
}

void HttpHandlers::hold(Call& call) {
  change(call, [&] { call.queue.store().hold(call.id, call.queue.now()); });
  show(call);
}

void HttpHandlers::release(Call& call) {
  change(call, [&] { call.queue.store().release(call.id, call.queue.now()); });
  show(call);
}

void HttpHandlers::cancel(Call& call) {
  change(call, [&] { call.queue.store().cancel(call.id, call.queue.now()); });
  show(call);
}

void HttpHandlers::retry(Call& call) {
  change(call, [&] { call.queue.store().retry(call.id, call.queue.now()); });
  show(call);
}

void HttpHandlers::video(Call& call) {
  const store::Job job = call.queue.store().job(call.id);
  if (job.state != store::State::done) {
    ignore_ranges(call.request);
    throw HttpError{409, Error::bad_request(fmt::format("job {} is {}", job.id, store::name_of(job.state)),
                                            "its video is there when it is done")};
  }
  // As long as the client takes for it.
  const auto place = std::make_shared<SemaphoreGuard>(fetching_, most_fetching, "clients fetch videos");
  reply_video(call.request, call.response, job.spec.output, place);
}

void HttpHandlers::plan(Call& call) {
  call.response.status = 200;
  call.response.set_content(call.queue.plan() + "\n", "application/json");
}

void HttpHandlers::tariff(Call& call) {
  reply(call.response, 200,
        call.queue.tariff(parameter(call.request, "from"), parameter(call.request, "to")));
}

void HttpHandlers::status(Call& call) {
  reply(call.response, 200, call.queue.status());
}

void HttpHandlers::summary(Call& call) {
  reply(call.response, 200, call.queue.summary());
}

void HttpHandlers::restart_worker(Call& call) {
  try {
    call.queue.restart_worker();
  } catch (const Error& error) {
    throw HttpError{503, error};
  }
  reply(call.response, 202, {{"worker", "restarting"}});
}

void HttpHandlers::openapi(Call& call) {
  call.response.status = 200;
  call.response.set_content(openapi_document(settings_.token_for_all).dump() + "\n", "application/json");
}

}  // namespace turbodiff::http
