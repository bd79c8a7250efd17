// turbodiff-sched wait ID...
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/numbers.h"
#include "commands.h"
#include "core/duration.h"
#include "core/os/signals.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

struct WaitFlags {
  std::vector<store::JobId> ids;
  std::optional<std::string> timeout;
};

bool is_set_aside(Queue& queue, store::JobId id, store::State state) {
  return state == store::State::held && store::is_set_aside(queue.store().job(id));
}

void wait(Queue& queue, const WaitFlags& flags) {
  const double until = flags.timeout
                           ? queue.program().clock().monotonic_s() +
                                 static_cast<double>(core::require_duration(*flags.timeout, "--timeout"))
                           : -1;
  for (const store::JobId id : flags.ids) queue.store().job(id);
  std::map<store::JobId, store::State> states;
  while (true) {
    // Also where nothing runs that would do so.
    queue.store().fail_overdue(queue.now_micros());
    states = queue.store().states(flags.ids);
    bool all = true;
    for (const store::JobId id : flags.ids)
      all = all && (!states.contains(id) || store::is_final(states.at(id)) ||
                    is_set_aside(queue, id, states.at(id)));
    if (all) break;
    if (until >= 0 && queue.program().clock().monotonic_s() > until)
      throw Error::refused(fmt::format("not all jobs have ended after {}", *flags.timeout));
    core::throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  nlohmann::ordered_json jobs = nlohmann::ordered_json::array();
  store::JobId bad = 0;
  for (const store::JobId id : flags.ids) {
    const std::string state = states.contains(id) ? std::string(store::name_of(states.at(id))) : "removed";
    jobs.push_back({{"id", id}, {"state", state}});
    if (state != "done" && bad == 0) bad = id;
  }
  if (queue.program().flags().json) queue.program().print_json({{"jobs", std::move(jobs)}});
  if (bad == 0) return;
  const Error error = Error::work_failed(fmt::format("job {} was not done", bad),
                                         fmt::format("see 'turbodiff-sched show {}'", bad));
  throw cli::ReportedFailure(error);
}

}  // namespace

void add_wait(Queue& queue) {
  const auto flags = std::make_shared<WaitFlags>();
  CLI::App& command =
      queue.program().add_command("wait", "Wait until jobs have ended; exit code 1 unless all are done",
                                  [flags, &queue](cli::Program&) { wait(queue, *flags); });
  command.add_option("ID", flags->ids, "Job numbers")
      ->check(cli::whole_between(0))
      ->required()
      ->group("Arguments");
  command.add_option("--timeout", flags->timeout, "Maximum time to wait (exit code 4 when it is exceeded)")
      ->type_name("90s|30m|2h")
      ->group("Options");
}

}  // namespace turbodiff::app
