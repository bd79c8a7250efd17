// turbodiff worker: generations for turbodiff-sched, requested and answered in JSON lines.
//
// One line on standard input starts one generation, and the next is read when it has ended:
//   {"id": TEXT, "request": {option: value, ...}, "write_to": FILE, "checkpoint": FILE, "fingerprint": TEXT,
//    "upcoming": [PROMPT, ...], "preview": FILE}
// `request` is one of a prompts file with absolute paths, and gives one file. The file goes to `write_to`
// (the name in `request` says which format), finished steps to `checkpoint`, from where an interrupted
// generation goes on. `fingerprint` must be that of the model. `upcoming` prompts are embedded in the same
// pass over the text encoder. While a file FILE.wanted is there, a small PNG of the first frame as it will be
// goes to `preview` after a step. With `"check": true` nothing is generated: the model's files are looked up
// and the request is planned. All but `id` and `request` may be left out. Standard output gets
//   {"event": "ready", "program": TEXT}                           once
//   {"event": "progress", "id", ...}                              as with --progress json
//   {"event": "done", "id", "output": {as in generate --json}, "model", "device"}
//   {"event": "checked", "id"}                                    to an order that is only checked
//   {"event": "failed", "id", "error": {"code", "message", "hint", "retry"}}
// `retry` says whether the same order may go better later.
// SIGTERM or SIGINT ends the worker (exit code 130) and leaves the checkpoint; so does the end of input, with
// exit code 0 and after the generation under way.
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/os/signals.h"
#include "core/progress_sinks.h"
#include "core/retry.h"
#include "core/text/json_text.h"
#include "engine_commands.h"
#include "generate_report.h"
#include "generate_request.h"
#include "generator.h"
#include "spec/config_options.h"
#include "spec/option_table.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double progress_interval_s = 0.25;

struct Order {
  std::string id;
  spec::RequestOptions options;
  std::filesystem::path write_to, checkpoint, preview;
  std::string fingerprint;
  std::vector<std::string> upcoming;
  bool check = false;
};

template <typename T>
T value_or(const Json& object, const char* key, T otherwise) {
  return object.contains(key) && !object[key].is_null() ? object[key].get<T>() : otherwise;
}

class Worker {
 public:
  explicit Worker(cli::Program& program)
      : program_(program),
        sink_([this](const core::ProgressEvent& event) { relay(event); }),
        generator_(program, sink_) {}

  void run() {
    write({{"event", "ready"}, {"program", program_.title()}});
    for (std::string line; std::getline(std::cin, line);) {
      core::throw_if_interrupted();
      run_order(line);
    }
    core::throw_if_interrupted();
  }

 private:
  void run_order(const std::string& line) {
    id_.clear();
    try {
      const Order order = read(line);
      id_ = order.id;
      generate(order);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      write({{"event", "failed"},
             {"id", id_},
             {"error",
              {{"code", static_cast<int>(error.code())},
               {"message", error.message()},
               {"hint", error.hint()},
               {"retry", worth_a_retry(error)}}}});
    }
  }

  Order read(const std::string& line) {
    try {
      const Json json = Json::parse(line);
      Order order;
      order.id = json.at("id").get<std::string>();
      id_ = order.id;
      order.options =
          spec::merge(spec::options_of(program_.config()), spec::options_from_json(json.at("request")));
      order.write_to = value_or<std::string>(json, "write_to", "");
      order.checkpoint = value_or<std::string>(json, "checkpoint", "");
      order.preview = value_or<std::string>(json, "preview", "");
      order.fingerprint = value_or<std::string>(json, "fingerprint", "");
      order.check = value_or(json, "check", false);
      order.upcoming = value_or<std::vector<std::string>>(json, "upcoming", {});
      return order;
    } catch (const nlohmann::json::exception& error) {
      throw Error::bad_request(std::string("worker: the request is malformed: ") + error.what());
    }
  }

  void generate(const Order& order) {
    JobList list = build_jobs(std::span(&order.options, 1), program_.model_dirs(), std::time(nullptr));
    if (list.jobs.size() != 1)
      throw Error::bad_request("worker: a request makes one file",
                               "request the samples one by one, or with grid");
    if (order.check) {
      generator_.plan(list, list.jobs.front());
      return write({{"event", "checked"}, {"id", id_}});
    }
    list.jobs.front().write_to = order.write_to;
    list.jobs.front().checkpoint = order.checkpoint;
    list.jobs.front().preview = order.preview;
    check_jobs(list);
    const spec::Model& model = list.models.front().model;
    if (!order.fingerprint.empty() && generator_.fingerprint(model) != order.fingerprint)
      throw Error::bad_request("the files of model '" + model.name + "' have changed since the job was added",
                               "add the job again");
    const PlannedJob planned = generator_.plan(list, list.jobs.front());
    if (!order.upcoming.empty()) {
      std::vector<std::string> prompts = {planned.job.request.prompt};
      prompts.insert(prompts.end(), order.upcoming.begin(), order.upcoming.end());
      generator_.prepare(list, planned, prompts);
    }
    const JobResult result = generator_.run(list, planned);
    write({{"event", "done"},
           {"id", id_},
           {"output", output_json(planned.job, result)},
           {"model", model.name},
           {"device", planned.plan.runtime.device_name()}});
  }

  void relay(const core::ProgressEvent& event) {
    const double now = program_.clock().monotonic_s();
    // A finished step is always reported: the scheduler relies on it if everything ends the next moment.
    const bool is_new_step = event.stage != reported_stage_ || event.step != reported_step_;
    if (event.phase == core::ProgressPhase::update && !is_new_step && now - reported_s_ < progress_interval_s)
      return;
    reported_s_ = now;
    reported_stage_ = event.stage;
    reported_step_ = event.step;
    Json json = core::json_of(event);
    json["id"] = id_;
    write(json);
  }

  void write(const Json& json) {
    program_.print(core::json_text(json, {.ascii = true}) + "\n");
    std::cout.flush();
  }

  cli::Program& program_;
  core::CallbackProgress sink_;
  Generator generator_;
  std::string id_;
  double reported_s_ = 0;
  std::string reported_stage_;
  std::int64_t reported_step_ = 0;
};

}  // namespace

void run_worker(cli::Program& program) {
  Worker(program).run();
}

}  // namespace turbodiff::app
