#include "add_jobs.h"

#include <fmt/format.h>

#include "check_deadlines.h"
#include "check_engine.h"
#include "core/text/text_width.h"
#include "engine.h"
#include "queue/freeze.h"
#include "spec/config_options.h"
#include "spec/option_table.h"

namespace turbodiff::app {
spec::When parse_when(const std::string& text) {
  if (const auto when = spec::when_named(text)) return *when;
  throw Error::bad_request(fmt::format("--when must be off-peak, cheapest or now, not '{}'", text));
}

std::vector<store::JobId> add_jobs(Queue& queue, const AddFlags& flags) {
  cli::Program& program = queue.program();
  spec::RequestOptions common = spec::options_of(program.config());
  if (flags.from) common = spec::merge(common, recipe_in(*flags.from).options);
  common = spec::merge(common, flags.options);

  store::JobSpec spec;
  spec.priority = flags.priority;
  spec.when = parse_when(flags.when);
  spec.retries = flags.retries;
  spec.group = flags.group;
  spec.held = flags.hold;
  if (flags.earliest) spec.earliest = queue.parse_time(*flags.earliest, "--earliest");
  if (flags.deadline) spec.deadline = queue.parse_time(*flags.deadline, "--deadline");
  if (spec.deadline && *spec.deadline <= std::max(queue.now(), spec.earliest.value_or(0)))
    throw Error::refused(
        fmt::format("the deadline {} passes before the job may start", queue.local(*spec.deadline)),
        "give a later --deadline");

  std::vector<spec::RequestOptions> requests;
  const core::TextNote note = [&](const std::string& line) { program.log().info("{}", line); };
  for (const spec::RequestOptions& request : cli::requests_of(flags.prompts, flags.options, common, note))
    queue::add_repeated(request, flags.count, requests);
  const auto jobs = queue::freeze(requests, spec, flags.after,
                                  {program.model_dirs(), program.cache_dir_or_empty(), queue.now()});
  check_with_engine(program, jobs);
  check_deadlines(queue, jobs, tariff::FeedAccess::due);
  const auto ids = queue.store().add(jobs, queue.now_micros());
  if (queue.store().runner().paused)
    program.log().warn("the queue is paused; 'turbodiff-sched resume' lets jobs run");
  constexpr std::size_t shown_columns = 40;
  for (const auto& [prompt, tokens] : cut_prompts(requests))
    program.log().warn("'{}' has {} tokens, and the model reads only the first 512",
                       core::truncate_to_width(prompt, shown_columns), tokens);
  return ids;
}

}  // namespace turbodiff::app
