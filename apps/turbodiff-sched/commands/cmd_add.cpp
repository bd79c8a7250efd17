// turbodiff-sched add [PROMPT]
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "add_jobs.h"
#include "cli/numbers.h"
#include "cli/request_flags.h"
#include "commands.h"

namespace turbodiff::app {

void add_add(Queue& queue) {
  const auto flags = std::make_shared<AddFlags>();
  CLI::App& command =
      queue.program().add_command("add", "Queue generations", [flags, &queue](cli::Program& program) {
        const auto ids = add_jobs(queue, *flags);
        if (program.flags().json) {
          program.print_json({{"ids", ids}});
          return;
        }
        std::string text;
        for (const store::JobId id : ids) text += std::to_string(id) + "\n";
        program.print(text);
      });
  cli::add_prompt_arguments(command, flags->prompts);
  command.add_option("--deadline", flags->deadline, "Latest time by which the job must be finished")
      ->type_name("TIME")
      ->group("Schedule");
  command.add_option("--earliest", flags->earliest, "Earliest time at which the job may start")
      ->type_name("TIME")
      ->group("Schedule");
  command.add_option("--when", flags->when, "Run in off-peak hours, at the cheapest time, or at once")
      ->type_name("off-peak|cheapest|now")
      ->group("Schedule");
  command.add_option("--priority", flags->priority, "Priority; jobs with a higher one run first (0)")
      ->type_name("N")
      ->check(cli::whole_between(-1'000'000'000, 1'000'000'000))
      ->group("Schedule");
  command
      .add_option("--after", flags->after,
                  "Start only after this job has succeeded; can be given several times")
      ->type_name("ID")
      ->check(cli::whole_between(1))
      ->group("Schedule");
  command.add_option("--retries", flags->retries, "Maximum number of retries after a failure (2)")
      ->type_name("N")
      ->check(cli::whole_between(0, 1000))
      ->group("Schedule");
  command.add_option("--group", flags->group, "Group; jobs of one group are planned next to each other")
      ->type_name("NAME")
      ->group("Schedule");
  command.add_option("--count", flags->count, "Add N jobs with consecutive seeds")
      ->type_name("N")
      ->check(cli::whole_between(1, 1'000'000))
      ->group("Schedule");
  command.add_flag("--hold", flags->hold, "Hold the job until 'release'")->group("Schedule");
  cli::add_request_flags(command, flags->options);
  command.add_option("--from", flags->from, "Repeat a generation from the recipe in its video")
      ->type_name("FILE")
      ->group("Prompt");
  command.footer(
      "TIME is RFC 3339, now, +90m, 22:00 or 'tomorrow 06:30', in the zone of the tariff.\n"
      "Examples:\n"
      "  turbodiff-sched add \"a red circle moving right\" -o circle.mp4\n"
      "  printf 'a fox\\nan owl\\n' | turbodiff-sched add - -o 'clips/{prompt}.mp4'\n"
      "  turbodiff-sched add \"a blue square\" --count 4 --when cheapest --priority 5");
}

}  // namespace turbodiff::app
