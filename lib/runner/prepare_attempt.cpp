// The beginning of an attempt: the worker's request, and the worker itself.
#include <fmt/format.h>

#include <array>

#include "core/error.h"
#include "core/hash.h"
#include "core/os/private_file.h"
#include "runner/kernel_events.h"
#include "runner/running_attempt.h"
#include "store/publish.h"
#include "tariff/local_time.h"

namespace turbodiff::runner {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 2> side_files = {"save_latents", "contact_sheet"};

fs::path side_name(const fs::path& final, store::JobId job, int attempt) {
  fs::path name = store::temporary_name(final, job, attempt);
  name += final.extension();
  return name;
}

}  // namespace

void JobRunner::prepare(Running& running, const std::vector<std::string>& upcoming) {
  const store::Job& job = running.job;
  const int number = running.attempt.number;
  std::error_code error;
  core::create_private_folder(store_.folder("logs"), error);
  core::create_private_folder(store_.folder("checkpoints"), error);
  core::touch_private(store_.log_file(job.id));
  running.log.open(store_.log_file(job.id), std::ios::app);
  running.write(
      fmt::format("--- attempt {}, {}", number, tariff::format_utc(running.attempt.started_at / 1'000'000)));

  const fs::path output = job.spec.output;
  if (!job.spec.overwrite && fs::exists(output, error))
    throw Error::bad_request(fmt::format("'{}' exists already", output.string()),
                             "move it away or change the name with edit --output, then retry the job");
  fs::create_directories(output.parent_path(), error);

  Order& order = running.order;
  order.id = fmt::format("{}-{}", job.id, number);
  order.request = request_of(running.preset, job.spec);
  order.request["prompt"] = job.spec.prompt;
  order.request["output"] = output.string();
  if (!running.preset.image_sha256.empty() && order.request.contains("image") &&
      core::sha256_of_file(order.request["image"].get<std::string>()) != running.preset.image_sha256)
    throw Error::bad_request(fmt::format("the picture '{}' has changed since the job was added",
                                         order.request["image"].get<std::string>()),
                             "add the job again");
  order.write_to = store::temporary_name(output, job.id, number);
  order.checkpoint = store_.checkpoint_file(job.id);
  order.preview = store_.preview_file(job.id);
  order.fingerprint = job.fingerprint;
  order.upcoming = upcoming;
  running.files.push_back({order.write_to.string(), output.string(), job.spec.overwrite});
  for (const char* key : side_files) {
    if (!order.request.contains(key)) continue;
    const fs::path final = order.request[key].get<std::string>();
    const fs::path temporary = side_name(final, job.id, number);
    order.request[key] = temporary.string();
    running.files.push_back({temporary.string(), final.string(), job.spec.overwrite});
  }
  running.resumed = fs::exists(order.checkpoint, error);
  running.oom_kills = oom_kill_count();

  if (!worker_)
    worker_ = std::make_unique<WorkerProcess>(
        settings_.program, [this](const WorkerEvent& event) { on_event(event); },
        [this](std::string_view line) { on_log(line); });
  persist([&] { store_.note_worker(epoch_, running.attempt.id, worker_->identity()); });
  billing_.watch(worker_->identity().pid);
  log_.info("job {}: started, attempt {}", job.id, number);
  loaded_ = job.fingerprint;
  if (!worker_->order(order)) running.exit = worker_->wait(1);
}

}  // namespace turbodiff::runner
