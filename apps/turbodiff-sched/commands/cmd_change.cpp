// turbodiff-sched hold, release, cancel, retry, remove, pause, resume
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/numbers.h"
#include "commands.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;
using Change = std::function<std::string(store::JobId)>;

/// Changes one job after another; the first that cannot be changed ends it, and earlier changes stay
/// reported.
void change_all(Queue& queue, const std::vector<store::JobId>& ids, const Change& change) {
  Json changed = Json::array();
  const auto finish = [&] {
    if (queue.program().flags().json) queue.program().print_json({{"ids", changed}});
  };
  for (const store::JobId id : ids) {
    try {
      const std::string text = change(id);
      changed.push_back(id);
      queue.program().log().info("job {}: {}", id, text);
    } catch (const Error& error) {
      if (changed.empty()) throw;
      finish();
      throw cli::ReportedFailure(error);
    }
  }
  finish();
}

void add_one(Queue& queue, const std::string& name, const std::string& summary, Change change) {
  const auto ids = std::make_shared<std::vector<store::JobId>>();
  CLI::App& command = queue.program().add_command(
      name, summary, [ids, change, &queue](cli::Program&) { change_all(queue, *ids, change); });
  command.add_option("ID", *ids, "Job numbers")->check(cli::whole_between(0))->required()->group("Arguments");
}

void add_switch(Queue& queue, const std::string& name, const std::string& summary, bool paused) {
  queue.program().add_command(name, summary, [paused, &queue](cli::Program& program) {
    queue.store().set_paused(paused);
    if (program.flags().json) program.print_json({{"paused", paused}});
  });
}

}  // namespace

void add_change(Queue& queue) {
  add_one(queue, "hold", "Hold queued jobs", [&queue](store::JobId id) {
    queue.store().hold(id, queue.now_micros());
    return "held";
  });
  add_one(queue, "release", "Release held jobs", [&queue](store::JobId id) {
    queue.store().release(id, queue.now_micros());
    return "queued";
  });
  add_one(queue, "cancel", "Cancel jobs; a running job is stopped", [&queue](store::JobId id) {
    return queue.store().cancel(id, queue.now_micros()) ? "cancelled" : "is being stopped";
  });
  add_one(queue, "retry", "Queue failed or cancelled jobs again", [&queue](store::JobId id) {
    const auto deadline = queue.store().job(id).spec.deadline;
    const store::State state = queue.store().retry(id, queue.now_micros());
    const bool removed = deadline && !queue.store().job(id).spec.deadline;
    return fmt::format("{}{}", store::name_of(state),
                       removed ? " without its deadline, which has passed" : "");
  });
  add_one(queue, "remove", "Delete jobs and their logs; outputs and costs are kept",
          [&queue](store::JobId id) {
            queue.store().remove(id);
            return "removed";
          });
  add_switch(queue, "pause", "Pause the queue; the running job continues", true);
  add_switch(queue, "resume", "Resume the queue", false);
}

}  // namespace turbodiff::app
