// POST /sdapi/v1/txt2vid: a video asked for, and its making waited for.
#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "http/http_handlers.h"
#include "http/http_reply.h"
#include "http/http_semaphore.h"
#include "spec/generation_request.h"

namespace turbodiff::http {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// Each takes a thread; beyond, there would be none left to look how far they are.
constexpr int most_waiting = 64;
/// The fallback of change notification: interval of checking the state, and whether the client is still
/// there.
constexpr std::chrono::milliseconds look_interval{1000};

ErrorCode code_of_failed_job(const store::Job& job) {
  if (job.error_code == store::error_of_deadline) return ErrorCode::refused;
  for (const ErrorCode code : {ErrorCode::bad_request, ErrorCode::refused})
    if (job.error_code == static_cast<int>(code)) return code;
  return ErrorCode::work_failed;
}

/// Of a job that was not done.
HttpError failure_of(const store::Job& job) {
  if (job.state == store::State::cancelled)
    return {409, Error::work_failed(fmt::format("job {} was cancelled", job.id))};
  const ErrorCode code = code_of_failed_job(job);
  // As where it is posted: a deadline is part of the request, not a limit of the machine.
  const bool is_request = job.error_code == store::error_of_deadline || code == ErrorCode::bad_request;
  return {is_request ? 422 : status_of(code),
          Error(code, fmt::format("job {} failed: {}", job.id, job.error))};
}

}  // namespace

fs::path HttpHandlers::new_output(HttpQueue& queue, const std::string& format) const {
  std::error_code error;
  fs::create_directories(settings_.output, error);
  if (error)
    throw HttpError{507, Error::refused(fmt::format("cannot make the folder '{}' of the videos: {}",
                                                    settings_.output.string(), error.message()),
                                        "set http.output")};
  const auto now = static_cast<std::time_t>(queue.now() / 1'000'000);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return settings_.output / fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:013x}.{}", utc.tm_year + 1900,
                                        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                                        spec::draw_seed(), format);
}

void HttpHandlers::generate(Call& call) {
  const GenerationPost post = parse_generation_post(call.body());
  std::optional<SemaphoreGuard> place;
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
    id = call.queue.add(post, new_output(call.queue, post.format));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::refused && post.deadline) throw HttpError{422, error};
    throw;
  }
  call.response.set_header("Location", fmt::format("/api/jobs/{}", id));
  if (post.async) return reply(call.response, 202, {{"id", id}, {"warnings", post.warnings}});
  wait_for(call, id, post.warnings);
}

void HttpHandlers::wait_for(Call& call, store::JobId id, const std::vector<std::string>& warnings) {
  for (std::uint64_t seen = changes_.count();; seen = changes_.wait(seen, look_interval)) {
    const auto states = call.queue.store().states(std::span(&id, 1));
    if (!states.contains(id)) throw HttpError{409, Error::work_failed(fmt::format("job {} was removed", id))};
    if (store::is_final(states.at(id))) break;
    if (states.at(id) == store::State::held && store::is_set_aside(call.queue.store().job(id))) break;
    if (!call.request.progress(0, 0))
      throw HttpError{499, Error::refused("the client has gone", fmt::format("job {} goes on", id))};
    if (changes_.stopping())
      throw HttpError{503, Error::refused("the daemon is being stopped",
                                          fmt::format("job {} goes on when it is started again", id))};
  }
  const store::Job job = call.queue.store().job(id);
  if (job.state != store::State::done) throw failure_of(job);
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
         {"url", fmt::format("/api/jobs/{}/video", id)},
         {"warnings", warnings}});
}

}  // namespace turbodiff::http
