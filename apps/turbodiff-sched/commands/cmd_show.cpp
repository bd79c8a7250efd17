// turbodiff-sched show ID, log ID
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/numbers.h"
#include "commands.h"
#include "core/os/signals.h"
#include "core/text/escape_lines.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "job_detail.h"
#include "job_report.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_of(store::Micros instant) {
  return instant / 1'000'000;
}

void show(Queue& queue, store::JobId id) {
  if (queue.program().flags().json) {
    queue.program().print_json(job_detail(queue, id));
    return;
  }
  const JobView view = views_of(queue, {queue.store().job(id)}).front();
  const auto attempts = queue.store().attempts(id);
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<12} {}\n", name, core::escape_control(value));
  };
  const store::Job& job = view.job;
  const auto at = [&](const std::optional<tariff::Seconds>& instant) {
    return instant ? queue.local(*instant) : std::string();
  };
  line("job", std::to_string(job.id));
  line("state", std::string(store::name_of(job.state)) + (job.cancel_requested ? ", being cancelled" : ""));
  line("error", job.error);
  line("prompt", job.spec.prompt);
  line("output", job.spec.output);
  line("model", job.model);
  line("when", std::string(spec::name_of(job.spec.when)));
  line("priority", std::to_string(job.spec.priority));
  line("group", job.spec.group);
  line("after", fmt::format("{}", fmt::join(job.after, ", ")));
  line("earliest", at(job.spec.earliest));
  line("deadline", at(job.spec.deadline));
  line("planned", at(view.planned_start));
  if (view.waiting) line("waiting", view.waiting->text());
  line("added", at(seconds_of(job.added_at)));
  line("estimate", fmt::format("{} ({} to {}, from {} runs), {:.6f} kWh, {}",
                               core::format_duration(view.estimate.seconds),
                               core::format_duration(view.low_s), core::format_duration(view.high_s),
                               view.observations, view.estimate.kwh, money_text(view.estimate)));
  for (const store::Attempt& attempt : attempts) {
    std::string value =
        fmt::format("{}, {}", queue.local(seconds_of(attempt.started_at)), store::name_of(attempt.state));
    if (attempt.ended_at)
      value += fmt::format(", {}, {} kWh ({}, {}{}{}), {} {}",
                           core::format_duration(static_cast<double>(attempt.bill.microseconds) / 1e6),
                           core::Kwh::from_microjoules(attempt.bill.microjoules).to_string(),
                           attempt.bill.source, attempt.bill.method, attempt.bill.flags.empty() ? "" : "; ",
                           attempt.bill.flags, attempt.bill.cost.gross.to_string(), attempt.bill.currency);
    line(fmt::format("attempt {}", attempt.number), value);
    line("", attempt.error);
  }
  if (view.actual) line("cost", fmt::format("{:.9f} kWh, {}", view.actual->kwh, money_text(*view.actual)));
  queue.program().print(text);
}

void log(Queue& queue, store::JobId id, bool follow) {
  queue.store().job(id);
  std::ifstream in(queue.store().log_file(id));
  std::string text, unfinished;
  while (true) {
    const bool over = !follow || store::is_final(queue.store().job(id).state);
    if (!in.is_open()) in.open(queue.store().log_file(id));
    if (in.is_open()) {
      in.clear();
      std::string fresh{std::istreambuf_iterator<char>(in), {}};
      if (queue.program().flags().json) {
        text += fresh;
      } else {
        // Whole lines, so that no character is taken for a broken one where the file ends for now.
        unfinished += fresh;
        const std::size_t end = over ? unfinished.size() : unfinished.rfind('\n') + 1;
        queue.program().print(core::escape_lines(unfinished.substr(0, end)));
        unfinished.erase(0, end);
      }
      if (!queue.program().flush()) return;
    }
    if (over) break;
    core::throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  if (queue.program().flags().json) queue.program().print_json({{"id", id}, {"log", text}});
}

}  // namespace

void add_show(Queue& queue) {
  const auto id = std::make_shared<store::JobId>();
  CLI::App& show_command = queue.program().add_command("show", "Show everything about a job",
                                                       [id, &queue](cli::Program&) { show(queue, *id); });
  show_command.add_option("ID", *id, "Job number")
      ->check(cli::whole_between(0))
      ->required()
      ->group("Arguments");
  const auto follow = std::make_shared<bool>(false);
  CLI::App& log_command = queue.program().add_command(
      "log", "Show the log of a job", [id, follow, &queue](cli::Program&) { log(queue, *id, *follow); });
  log_command.add_option("ID", *id, "Job number")
      ->check(cli::whole_between(0))
      ->required()
      ->group("Arguments");
  log_command.add_flag("-f,--follow", *follow, "Follow the log until the job has ended")->group("Options");
}

}  // namespace turbodiff::app
