// turbodiff-sched run, daemon
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/numbers.h"
#include "commands.h"
#include "core/duration.h"
#include "engine.h"
#include "first_guess.h"
#include "http_service.h"
#include "meter_options.h"
#include "notify_service.h"
#include "on_finish.h"
#include "power_limit.h"
#include "runner/daemon.h"
#include "service/service_manager.h"
#include "store/store_lock.h"
#include "tariff/local_time.h"
#include "watch_folder.h"

namespace turbodiff::app {
namespace {

struct RunFlags {
  bool once = false;
  std::optional<std::string> until;
  std::string window_end = "finish";
  std::string retry_delay = "30s";
  std::optional<std::string> engine;
  std::optional<std::string> watch;
  PowerLimitFlags power;
  OnFinishFlags on_finish;
  HttpFlags http;
};

runner::WindowEnd parse_window_end(const std::string& text) {
  if (text == "finish") return runner::WindowEnd::finish;
  if (text == "stop-and-requeue") return runner::WindowEnd::stop_and_requeue;
  throw Error::bad_request(fmt::format("--window-end must be finish or stop-and-requeue, not '{}'", text));
}

void run(Queue& queue, const RunFlags& flags, bool daemon) {
  cli::Program& program = queue.program();
  queue.load_tariff(tariff::FeedAccess::kept);  // a missing or wrong tariff is reported first
  runner::DaemonSettings settings;
  settings.runner.program = engine_program(flags.engine);
  settings.runner.retry_delay_s =
      static_cast<double>(core::require_duration(flags.retry_delay, "--retry-delay"));
  settings.runner.meter = std::make_shared<meter::Meter>(meter_options(queue), program.clock());
  settings.window_end = parse_window_end(flags.window_end);
  settings.once = !daemon;
  if (flags.until) settings.until = queue.parse_time(*flags.until, "--until");
  std::unique_ptr<inbox::Inbox> inbox;
  std::vector<notify::OpenChannel> channels = open_channels(queue, notify_channels(queue));
  notify::Notifier* notices = nullptr;
  const auto after_batch = make_after_batch(
      queue, flags.on_finish, daemon,
      [&inbox] { return inbox ? inbox->waiting() : std::vector<std::string>(); },
      [&notices](std::int64_t at, const std::string& problem) {
        if (notices != nullptr) notices->wake_failed(at, problem);
      });
  settings.after_batch = after_batch.get();
  const service::ServiceManager manager(program.environment());

  store::JobStore& store = queue.store();
  const store::StoreLock lock(queue.store_file());
  inbox = make_inbox(queue, flags.watch,
                     [&notices](const std::string& key, const std::string& name, const std::string& reason) {
                       if (notices != nullptr) notices->file_refused(key, name, reason);
                     });
  settings.inbox = inbox.get();
  queue::TariffClock tariff([&queue] {
    tariff::Tariff read = queue.load_tariff();
    queue.warn_of(read);
    return read;
  });
  queue::Estimator estimator(store, queue.power(), first_guess(queue));
  const PowerLimit power_limit(queue, flags.power, settings.runner.program, estimator);
  const auto notifier = start_notifier(queue, std::move(channels), settings.runner.program);
  settings.notices = notices = notifier.get();
  const auto http = daemon ? start_http(queue, flags.http) : nullptr;
  settings.notify = [&](const std::string& state) {
    manager.notify(state);
    if (http) http->poke();
  };
  runner::DaemonResult result;
  try {
    result = runner::Daemon(store, tariff, estimator, program.clock(), program.log(), settings).run();
  } catch (const store::FencedOff& fenced) {
    throw Error::work_failed(fenced.what(), "stop one of them");
  }
  const int failed = result.failed + result.unrun;
  if (program.flags().json)
    program.print_json({{"done", result.done}, {"failed", failed}, {"stopped", result.stopped}});
  if (result.stopped && !daemon) throw cli::ReportedFailure(Error::interrupted());
  if (failed > 0 && !daemon)
    throw cli::ReportedFailure(
        Error::work_failed(fmt::format("{} of {} jobs failed", failed, result.done + failed),
                           "see 'turbodiff-sched list --state failed,held'"));
  if (after_batch && !after_batch->problem().empty() && !daemon)
    throw cli::ReportedFailure(Error::work_failed(after_batch->problem()));
}

void add_common(CLI::App& command, RunFlags& flags) {
  command
      .add_option("--window-end", flags.window_end,
                  "What to do with a job still running when off-peak time ends")
      ->type_name("finish|stop-and-requeue")
      ->group("Options");
  command
      .add_option("--retry-delay", flags.retry_delay,
                  "Delay before the first retry, doubled for each further one (30s)")
      ->type_name("30s|5m")
      ->group("Options");
  command.add_option("--engine", flags.engine, "Path of turbodiff, instead of the one next to this program")
      ->type_name("FILE")
      ->group("Options");
  command
      .add_option("--power-limit", flags.power.limit,
                  "GPU power limit: watts, or auto to benchmark and pick the cheapest")
      ->type_name("auto|W")
      ->group("Options");
  command
      .add_option("--max-slowdown", flags.power.max_slowdown,
                  "Maximum slowdown of jobs under --power-limit auto (1.1)")
      ->type_name("FACTOR")
      ->check(cli::number_between(1, 10))
      ->group("Options");
  command
      .add_option("--watch", flags.watch,
                  "Add files of this folder as jobs: .txt, .jsonl, .json, .yaml (watch.folder)")
      ->type_name("DIR")
      ->group("Options");
  add_on_finish_flags(command, flags.on_finish);
}

}  // namespace

void add_run(Queue& queue) {
  cli::Program& program = queue.program();
  const auto run_flags = std::make_shared<RunFlags>();
  CLI::App& run_command =
      program.add_command("run", "Run due jobs until the current off-peak window closes",
                          [run_flags, &queue](cli::Program&) { run(queue, *run_flags, false); });
  run_command.add_flag("--once", run_flags->once, "Exit when no job is left that may run (always the case)")
      ->group("Options");
  run_command
      .add_option("--until", run_flags->until, "Start no job after this time, instead of the window's end")
      ->type_name("TIME")
      ->group("Options");
  add_common(run_command, *run_flags);
  run_command.footer(
      "Exit code 0 when nothing is left or no job may run now, 1 if a job failed for good.\n"
      "For cron: 0 22 * * * turbodiff-sched --tariff cn-two-rate run --once\n"
      "Where windows open at other hours on other days: */15 * * * *");
  const auto daemon_flags = std::make_shared<RunFlags>();
  CLI::App& daemon_command =
      program.add_command("daemon", "Run as a service and start each job at its planned second",
                          [daemon_flags, &queue](cli::Program&) { run(queue, *daemon_flags, true); });
  add_common(daemon_command, *daemon_flags);
  add_http_flags(daemon_command, daemon_flags->http);
  daemon_command.footer("SIGHUP reads the tariff again; SIGTERM and SIGINT stop, leaving a checkpoint.");
}

}  // namespace turbodiff::app
