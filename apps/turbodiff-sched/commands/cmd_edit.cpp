// turbodiff-sched edit ID
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "add_jobs.h"
#include "cli/numbers.h"
#include "commands.h"
#include "core/os/output_file.h"
#include "core/text/incoming_text.h"
#include "spec/container.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

struct EditFlags {
  store::JobId id = 0;
  std::optional<std::string> prompt, output, deadline, earliest, when, group;
  std::optional<std::int64_t> priority, seed;
  std::optional<int> retries;
  std::vector<std::int64_t> after;
  bool no_after = false;
};

std::optional<std::optional<std::int64_t>> time_of(Queue& queue, const std::optional<std::string>& text,
                                                   std::string_view option) {
  if (!text) return std::nullopt;
  if (*text == "none") return std::optional<std::int64_t>();
  return std::optional(queue.parse_time(*text, option));
}

void edit(Queue& queue, const EditFlags& flags) {
  store::JobEdit changes;
  const store::Job job = queue.store().job(flags.id);
  if (flags.prompt && core::is_blank(*flags.prompt))
    throw Error::bad_request("--prompt: the prompt is empty", "say what the video shows");
  changes.prompt = flags.prompt;
  if (flags.output) {
    const auto output = std::filesystem::absolute(*flags.output).lexically_normal();
    spec::container_of(output);
    core::OutputFile::check(output, job.spec.overwrite);
    changes.output = output.string();
  }
  changes.group = flags.group;
  changes.priority = flags.priority;
  changes.retries = flags.retries;
  if (flags.when) changes.when = parse_when(*flags.when);
  changes.earliest = time_of(queue, flags.earliest, "--earliest");
  changes.deadline = time_of(queue, flags.deadline, "--deadline");
  if (flags.seed) {
    Json own = Json::parse(job.spec.options);
    own["seed"] = *flags.seed;
    changes.options = own.dump();
  }
  if (!flags.after.empty() || flags.no_after) changes.after = flags.after;
  queue.store().edit(flags.id, changes, queue.now_micros());
  if (queue.program().flags().json) queue.program().print_json({{"ids", Json::array({flags.id})}});
}

}  // namespace

void add_edit(Queue& queue) {
  const auto flags = std::make_shared<EditFlags>();
  CLI::App& command = queue.program().add_command("edit", "Change a job that waits",
                                                  [flags, &queue](cli::Program&) { edit(queue, *flags); });
  command.add_option("ID", flags->id, "Job number")
      ->check(cli::whole_between(0))
      ->required()
      ->group("Arguments");
  command.add_option("--prompt", flags->prompt, "What the video shows")->type_name("TEXT")->group("Options");
  command.add_option("-o,--output", flags->output, "File to write")->type_name("PATH")->group("Options");
  command.add_option("--seed", flags->seed, "Seed of the noise")
      ->type_name("N")
      ->check(cli::whole_between(0))
      ->group("Options");
  command
      .add_option("--deadline", flags->deadline,
                  "Latest time by which the job must be finished; none removes it")
      ->type_name("TIME|none")
      ->group("Options");
  command
      .add_option("--earliest", flags->earliest, "Earliest time at which the job may start; none removes it")
      ->type_name("TIME|none")
      ->group("Options");
  command.add_option("--when", flags->when, "Run in off-peak hours, at the cheapest time, or at once")
      ->type_name("off-peak|cheapest|now")
      ->group("Options");
  command.add_option("--priority", flags->priority, "Priority; jobs with a higher one run first")
      ->type_name("N")
      ->check(cli::whole_between(-1'000'000'000, 1'000'000'000))
      ->group("Options");
  command.add_option("--retries", flags->retries, "Maximum number of retries after a failure")
      ->type_name("N")
      ->check(cli::whole_between(0, 1000))
      ->group("Options");
  command.add_option("--group", flags->group, "Group; jobs of one group are planned next to each other")
      ->type_name("NAME")
      ->group("Options");
  command
      .add_option("--after", flags->after,
                  "Start only after these jobs have succeeded; replaces the earlier list")
      ->type_name("ID")
      ->check(cli::whole_between(1))
      ->group("Options");
  command.add_flag("--no-after", flags->no_after, "Remove all dependencies on other jobs")->group("Options");
}

}  // namespace turbodiff::app
