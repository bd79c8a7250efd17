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
  command.add_option("--deadline", flags->deadline, "When it must be finished")
      ->type_name("TIME")
      ->group("Schedule");
  command.add_option("--earliest", flags->earliest, "When it may start")
      ->type_name("TIME")
      ->group("Schedule");
  command.add_option("--when", flags->when, "In off-peak hours, wherever it is cheapest, or at once")
      ->type_name("off-peak|cheapest|now")
      ->group("Schedule");
  command.add_option("--priority", flags->priority, "Higher first; 0 without it")
      ->type_name("N")
      ->check(cli::whole_between(-1'000'000'000, 1'000'000'000))
      ->group("Schedule");
  command.add_option("--after", flags->after, "Starts after that job has succeeded; may be repeated")
      ->type_name("ID")
      ->check(cli::whole_between(1))
      ->group("Schedule");
  command.add_option("--retries", flags->retries, "More tries after a failure (2)")
      ->type_name("N")
      ->check(cli::whole_between(0, 1000))
      ->group("Schedule");
  command.add_option("--group", flags->group, "Jobs of one group are kept together")
      ->type_name("NAME")
      ->group("Schedule");
  command.add_option("--count", flags->count, "So many times, with seeds that follow each other")
      ->type_name("N")
      ->check(cli::whole_between(1, 1'000'000))
      ->group("Schedule");
  command.add_flag("--hold", flags->hold, "Do not run it before 'release'")->group("Schedule");
  cli::add_request_flags(command, flags->options);
  command.add_option("--from", flags->from, "Repeat the generation that a video carries the recipe of")
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
