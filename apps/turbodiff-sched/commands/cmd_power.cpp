// turbodiff-sched power hold, release, cancel, status
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "on_finish.h"
#include "power/operator_files.h"
#include "store/change_notifier.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace {

power::OperatorFiles files(Queue& queue) {
  return power::OperatorFiles(operator_folder(queue));
}

void print_state(Queue& queue) {
  const power::OperatorFiles operator_files = files(queue);
  const std::string hold = operator_files.hold();
  const auto countdown = operator_files.countdown();
  if (queue.program().flags().json) {
    nlohmann::ordered_json document = {{"hold", !hold.empty()}, {"countdown", nullptr}};
    if (countdown)
      document["countdown"] = {{"action", countdown->action}, {"at", tariff::format_utc(countdown->at)}};
    queue.program().print_json(document);
    return;
  }
  std::string text;
  if (countdown) text += fmt::format("{} at {}\n", countdown->action, queue.local(countdown->at));
  if (!hold.empty()) text += fmt::format("stays on: {}\n", hold);
  queue.program().print(text.empty() ? "no countdown, no hold\n" : text);
}

}  // namespace

void add_power(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group =
      program.add_command("power", "Control whether the machine is switched off after a batch", {});
  program.add_command(
      "status", "Show whether a shutdown is pending, and whether the machine is kept on",
      [&queue](cli::Program&) { print_state(queue); }, &group);
  program.add_command(
      "cancel", "Cancel the pending shutdown; the next batch starts a new one",
      [&queue](cli::Program&) {
        const bool counting = files(queue).countdown().has_value();
        files(queue).remove_countdown();
        store::notify_change(queue.store_file());
        if (!counting) throw Error::not_found("no shutdown is pending");
        print_state(queue);
      },
      &group);
  const auto why = std::make_shared<std::string>();
  CLI::App& hold = program.add_command(
      "hold", "Keep the machine on until 'power release'",
      [why, &queue](cli::Program&) {
        files(queue).set_hold(*why);
        store::notify_change(queue.store_file());
        print_state(queue);
      },
      &group);
  hold.add_option("WHY", *why, "Reason, logged when a shutdown is skipped")->group("Arguments");
  program.add_command(
      "release", "Allow the machine to be switched off again",
      [&queue](cli::Program&) {
        if (!files(queue).release_hold()) throw Error::not_found("the machine is not kept on");
        store::notify_change(queue.store_file());
        print_state(queue);
      },
      &group);
}

}  // namespace turbodiff::app
