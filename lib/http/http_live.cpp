// What is going on: how far the running job is, what it will look like, and changes as they happen.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/os/private_file.h"
#include "core/text/json_text.h"
#include "http/http_handlers.h"
#include "http/http_reply.h"
#include "http/http_semaphore.h"
#include "http/job_progress.h"

namespace turbodiff::http {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr int most_listening = 16;
/// How often the log of a running job is looked at.
constexpr milliseconds progress_interval{1000};
/// A line through silent event streams, so that they are known to be alive.
constexpr milliseconds keep_alive_interval{15000};
constexpr std::size_t jobs_in_events = 100;

}  // namespace

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

Json HttpHandlers::state_json(HttpQueue& queue) const {
  Json jobs = Json::array();
  for (const store::Job& job : queue.store().list({{}, jobs_in_events, true}))
    jobs.push_back({{"id", job.id}, {"state", store::name_of(job.state)}, {"attempt", job.attempts}});
  return {{"paused", queue.store().runner().paused}, {"jobs", std::move(jobs)}};
}

void HttpHandlers::events(Call& call) {
  struct Stream {
    SemaphoreGuard place;
    std::unique_ptr<HttpQueue> queue;
    std::string sent_queue, sent_progress;
    std::uint64_t seen = 0;
    milliseconds silent{0};
  };
  const auto stream = std::shared_ptr<Stream>(
      new Stream{{listening_, most_listening, "clients listen to the events"}, make_queue_(), {}, {}});
  stream->seen = changes_.count();
  call.response.status = 200;
  call.response.set_header("Cache-Control", "no-cache");
  call.response.set_chunked_content_provider("text/event-stream", [this, stream](std::size_t,
                                                                                 httplib::DataSink& sink) {
    try {
      const Json progress = progress_json(*stream->queue);
      const std::string state = core::json_text(state_json(*stream->queue)), far = core::json_text(progress);
      std::string text;
      if (state != stream->sent_queue) text += "event: queue\ndata: " + state + "\n\n";
      if (far != stream->sent_progress) text += "event: progress\ndata: " + far + "\n\n";
      if (text.empty() && stream->silent >= keep_alive_interval) text = ": nothing new\n\n";
      if (!text.empty()) stream->silent = milliseconds(0);
      stream->sent_queue = state;
      stream->sent_progress = far;
      if (!text.empty() && !sink.write(text.data(), text.size())) return false;
      // Steps do not change the store: while a job runs its log is read.
      const auto pause = progress["job"].is_null() ? keep_alive_interval : progress_interval;
      stream->seen = changes_.wait(stream->seen, pause);
      stream->silent += pause;
      if (changes_.stopping()) sink.done();
      return true;
    } catch (const std::exception&) {
      return false;  // the client sees the stream end, and connects again
    }
  });
}

void HttpHandlers::preview(Call& call) {
  const store::Job job = call.queue.store().job(call.id);
  std::string picture;
  if (job.state == store::State::running) {
    const fs::path file = call.queue.store().preview_file(job.id);
    std::error_code error;
    core::create_private_folder(file.parent_path(), error);
    core::touch_private(file.string() + ".wanted");  // the next step makes one for whoever asks
    std::ifstream in(file, std::ios::binary);
    picture.assign(std::istreambuf_iterator<char>(in), {});
  }
  call.response.set_header("Cache-Control", "no-store");
  call.response.status = picture.empty() ? 204 : 200;
  if (!picture.empty()) call.response.set_content(std::move(picture), "image/png");
}

}  // namespace turbodiff::http
