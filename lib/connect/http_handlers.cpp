#include "connect/http_handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "connect/http_page.h"
#include "connect/http_reply.h"
#include "connect/http_video.h"
#include "connect/job_progress.h"
#include "connect/openapi.h"
#include "core/strings.h"
#include "spec/generation_request.h"
#include "tariff/local_time.h"

namespace turbodiff::connect {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

/// Each takes a thread; beyond, there would be none left to look how far they are.
constexpr int most_waiting = 64;
constexpr int most_listening = 16;
/// Where the bell does not ring: how often the state is looked at while someone waits for it.
constexpr milliseconds look_interval{1000};
/// A line through silent event streams, so that they are known to be alive.
constexpr milliseconds keep_alive_interval{15000};
constexpr std::size_t jobs_in_events = 100;

/// A place among few, given back at the end.
class Place {
 public:
  Place(std::atomic<int>& taken, int most, std::string_view what) : taken_(taken) {
    if (++taken_ <= most) return;
    --taken_;
    throw HttpError{503, Error::refused(fmt::format("{} {} already", most, what), "try again later")};
  }
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::atomic<int>& taken_;
};

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

int status_of_failed_job(const store::Job& job) {
  if (job.state == store::State::cancelled) return 409;
  if (job.error_code == static_cast<int>(ErrorCode::bad_request)) return 422;
  return status_of(job.error_code == static_cast<int>(ErrorCode::refused) ? ErrorCode::refused
                                                                          : ErrorCode::work_failed);
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
    if (allowed.empty())
      throw Error::not_found("there is nothing at this address", "see /openapi.json for what there is");
    response.set_header("Allow", allowed);
    throw HttpError{405, Error::bad_request("this address does not take that method", "use " + allowed)};
  } catch (const HttpError& error) {
    reply_error(response, error.status, error.error);
  } catch (const Error& error) {
    reply_error(response, status_of(error.code()), error);
  } catch (const std::exception& error) {
    reply_error(response, 500, Error::work_failed(std::string("internal error: ") + error.what()));
  }
  if (response.status == 503) response.set_header("Retry-After", "60");
}

fs::path HttpHandlers::new_output(const std::string& format) const {
  std::error_code error;
  fs::create_directories(settings_.output, error);
  if (error)
    throw HttpError{507, Error::refused(fmt::format("cannot make the folder '{}' of the videos: {}",
                                                    settings_.output.string(), error.message()),
                                        "set http.output")};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return settings_.output / fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:013x}.{}", utc.tm_year + 1900,
                                        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                                        spec::draw_seed(), format);
}

void HttpHandlers::generate(Call& call) {
  const GenerationPost post = parse_generation_post(call.body());
  std::optional<Place> place;
  if (!post.async) {
    place.emplace(waiting_, most_waiting, "requests wait for their videos");
    if (post.hold)
      throw Error::bad_request("a held job would never be done", "set \"async\": true with \"hold\"");
    if (call.queue.store().runner().paused)
      throw HttpError{503, Error::refused("the queue is paused",
                                          "resume it with 'turbodiff-sched resume', or set \"async\": true")};
  }
  store::JobId id = 0;
  try {
    id = call.queue.add(post, new_output(post.format));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::refused && post.deadline) throw HttpError{422, error};
    throw;
  }
  call.response.set_header("Location", fmt::format("/api/jobs/{}", id));
  if (post.async) return reply(call.response, 202, {{"id", id}});
  wait_for(call, id);
}

void HttpHandlers::wait_for(Call& call, store::JobId id) {
  for (std::uint64_t seen = changes_.count();; seen = changes_.wait(seen, look_interval)) {
    const auto states = call.queue.store().states(std::span(&id, 1));
    if (!states.contains(id)) throw HttpError{409, Error::work_failed(fmt::format("job {} was removed", id))};
    if (store::is_final(states.at(id))) break;
    if (changes_.stopping())
      throw HttpError{503, Error::refused("the daemon is being stopped",
                                          fmt::format("job {} goes on when it is started again", id))};
  }
  const store::Job job = call.queue.store().job(id);
  if (job.state != store::State::done)
    throw HttpError{status_of_failed_job(job),
                    Error::work_failed(job.state == store::State::cancelled
                                           ? fmt::format("job {} was cancelled", id)
                                           : fmt::format("job {} failed: {}", id, job.error))};
  const Json shown = call.queue.show(id);
  const Json& actual = shown["actual"];
  reply(call.response, 200,
        {{"id", id},
         {"path", shown["output"]},
         {"seed", shown["request"]["seed"]},
         {"seconds", actual["seconds"]},
         {"kwh", actual["kwh"]},
         {"cost", actual["cost"]},
         {"currency", actual["currency"]},
         {"url", fmt::format("/api/jobs/{}/video", id)}});
}

Json HttpHandlers::progress_json(HttpQueue& queue) const {
  Json json = {{"job", nullptr},  {"stage", nullptr},        {"step", nullptr}, {"steps", nullptr},
               {"progress", 0.0}, {"eta_relative", nullptr}, {"queued", 0}};
  json["queued"] = queue.store().count_by_state()[store::State::queued];
  const auto running = queue.store().list({{store::State::running}, 1, false});
  if (running.empty()) return json;
  const store::Job& job = running.front();
  json["job"] = job.id;
  const JobProgress now = read_progress(queue.store().log_file(job.id));
  if (!now.stage.empty()) json["stage"] = now.stage;
  if (now.steps > 0) json["step"] = now.step, json["steps"] = now.steps;
  const auto attempts = queue.store().attempts(job.id);
  if (attempts.empty()) return json;
  const double passed = static_cast<double>(queue.now() - attempts.back().started_at) / 1e6;
  const double expected = attempts.back().expected.seconds;
  if (expected <= 0) return json;
  json["progress"] = std::clamp(passed / expected, 0.0, 0.99);
  json["eta_relative"] = std::max(0.0, expected - passed);
  return json;
}

void HttpHandlers::progress(Call& call) {
  reply(call.response, 200, progress_json(call.queue));
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
  reply_video(call.request, call.response, job.spec.output);
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

Json HttpHandlers::state_json(HttpQueue& queue) const {
  Json jobs = Json::array();
  for (const store::Job& job : queue.store().list({{}, jobs_in_events, true}))
    jobs.push_back({{"id", job.id}, {"state", store::name_of(job.state)}, {"attempt", job.attempts}});
  return {{"paused", queue.store().runner().paused}, {"jobs", std::move(jobs)}};
}

void HttpHandlers::events(Call& call) {
  struct Stream {
    Place place;
    std::unique_ptr<HttpQueue> queue;
    std::string queue_told, progress_told;
    std::uint64_t seen = 0;
    milliseconds silent{0};
  };
  const auto stream = std::shared_ptr<Stream>(
      new Stream{{listening_, most_listening, "clients listen to the events"}, make_queue_(), {}, {}});
  stream->seen = changes_.count();
  call.response.status = 200;
  call.response.set_header("Cache-Control", "no-cache");
  call.response.set_chunked_content_provider(
      "text/event-stream", [this, stream](std::size_t, httplib::DataSink& sink) {
        try {
          const Json progress = progress_json(*stream->queue);
          const std::string state = state_json(*stream->queue).dump(), far = progress.dump();
          std::string text;
          if (state != stream->queue_told) text += "event: queue\ndata: " + state + "\n\n";
          if (far != stream->progress_told) text += "event: progress\ndata: " + far + "\n\n";
          if (text.empty() && stream->silent >= keep_alive_interval) text = ": nothing new\n\n";
          if (!text.empty()) stream->silent = milliseconds(0);
          stream->queue_told = state;
          stream->progress_told = far;
          if (!text.empty() && !sink.write(text.data(), text.size())) return false;
          // Steps do not ring the bell: while a job runs its log is looked at.
          const auto pause = progress["job"].is_null() ? keep_alive_interval : look_interval;
          stream->seen = changes_.wait(stream->seen, pause);
          stream->silent += pause;
          if (changes_.stopping()) sink.done();
          return true;
        } catch (const std::exception&) {
          return false;  // the client sees the stream end, and connects again
        }
      });
}

void HttpHandlers::openapi(Call& call) {
  call.response.status = 200;
  call.response.set_content(openapi_document(!settings_.token.empty()).dump() + "\n", "application/json");
}

}  // namespace turbodiff::connect
