// turbodiff-sched list, status
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/numbers.h"
#include "commands.h"
#include "core/text/strings.h"
#include "core/text/text_table.h"
#include "core/units.h"
#include "job_report.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

struct ListFlags {
  std::vector<std::string> states;
  std::size_t limit = 0;
  bool newest = false;
};

std::vector<store::State> parse_states(const std::vector<std::string>& names) {
  std::vector<store::State> states;
  for (const std::string& list : names)
    for (const std::string_view name : core::split(list, ',')) {
      const auto state = store::state_named(core::trim(name));
      if (!state)
        throw Error::bad_request(fmt::format("--state: there is no state '{}'", name),
                                 "states are queued, held, running, done, failed and cancelled");
      states.push_back(*state);
    }
  return states;
}

/// When it starts, runs since, or ended, in few characters.
std::string time_text(Queue& queue, const JobView& view) {
  const auto short_local = [&](tariff::Seconds instant) {
    const std::string text = queue.local(instant);
    return text.substr(5, 11);
  };
  if (view.job.finished_at) return short_local(*view.job.finished_at / 1'000'000);
  if (view.job.state == store::State::running && view.job.started_at)
    return short_local(*view.job.started_at / 1'000'000);
  return view.planned_start ? short_local(*view.planned_start) : "-";
}

void print_table(Queue& queue, const std::vector<JobView>& views) {
  core::TextTable table;
  const bool any_waits =
      std::any_of(views.begin(), views.end(), [](const JobView& view) { return view.waiting.has_value(); });
  table.add_column("ID", core::TextTable::Align::right)
      .add_column("STATE")
      .add_column("PRIO", core::TextTable::Align::right)
      .add_column("TIME")
      .add_column("TAKES", core::TextTable::Align::right)
      .add_column("COST", core::TextTable::Align::right);
  if (any_waits) table.add_column("WAITING", core::TextTable::Align::left, true);
  table.add_column("PROMPT", core::TextTable::Align::left, true);
  for (const JobView& view : views) {
    const JobView::Cost& cost = view.actual ? *view.actual : view.estimate;
    std::vector<std::string> cells = {std::to_string(view.job.id),
                                      std::string(store::name_of(view.job.state)),
                                      std::to_string(view.job.spec.priority),
                                      time_text(queue, view),
                                      (view.actual ? "" : "~") + core::format_duration(cost.seconds),
                                      (view.actual || !cost.money ? "" : "~") + money_text(cost)};
    if (any_waits) cells.push_back(view.waiting ? view.waiting->why : "");
    cells.push_back(short_prompt(view.job.error.empty() ? view.job.spec.prompt : view.job.error));
    table.add_row(std::move(cells));
  }
  if (views.empty())
    queue.program().print("no jobs; add one with 'turbodiff-sched add'\n");
  else
    queue.program().print(table.render(queue.program().table_columns()));
}

void status(Queue& queue) {
  const Json status = queue_status(queue);
  if (queue.program().flags().json) return queue.program().print_json(status);
  std::string text;
  for (const auto& [state, count] : status["jobs"].items())
    text += fmt::format("{:<10} {}\n", state, count.get<std::int64_t>());
  queue.program().print(fmt::format(
      "{:<10} {}\n{:<10} {}{}\n{}", "store", status["store"].get<std::string>(), "daemon",
      status["daemon"].is_null() ? "none runs"
                                 : fmt::format("process {}", status["daemon"].get<std::int64_t>()),
      status["paused"].get<bool>() ? ", paused" : "", text));
}

}  // namespace

void add_list(Queue& queue) {
  const auto flags = std::make_shared<ListFlags>();
  CLI::App& list = queue.program().add_command("list", "List jobs", [flags, &queue](cli::Program& program) {
    const auto views =
        views_of(queue, queue.store().list({parse_states(flags->states), flags->limit, flags->newest}));
    if (!program.flags().json) return print_table(queue, views);
    Json jobs = Json::array();
    for (const JobView& view : views) jobs.push_back(json_of(view));
    program.print_json({{"jobs", std::move(jobs)}});
  });
  list.add_option("--state", flags->states, "List only jobs in these states")
      ->type_name("STATE,...")
      ->group("Options");
  list.add_option("--limit", flags->limit, "Maximum number of jobs")
      ->type_name("N")
      ->check(cli::whole_between(1))
      ->group("Options");
  list.add_flag("--newest", flags->newest, "List the newest jobs first")->group("Options");
  list.footer(
      "TIME is the planned start, or the end of jobs that are over; ~ marks estimates; WAITING says why a "
      "job\n"
      "does not run now.");
  queue.program().add_command("status", "Show the number of jobs and the process that runs them",
                              [&queue](cli::Program&) { status(queue); });
}

}  // namespace turbodiff::app
