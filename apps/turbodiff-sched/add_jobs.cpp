#include "add_jobs.h"

#include <fmt/format.h>

#include "check_deadlines.h"
#include "engine.h"
#include "sched/freeze.h"
#include "spec/config_options.h"
#include "spec/option_table.h"
#include "spec/prompts_file.h"

namespace turbodiff::app {
namespace {

std::vector<spec::RequestOptions> requests_of(const AddFlags& flags, const spec::RequestOptions& common) {
  std::vector<spec::RequestOptions> requests;
  if (!flags.prompts_file) {
    sched::add_repeated(common, flags.count, requests);
    return requests;
  }
  for (const spec::PromptEntry& entry : spec::read_prompts_file(*flags.prompts_file))
    sched::add_repeated(spec::merge(common, entry.options), flags.count, requests);
  return requests;
}

}  // namespace

store::When parse_when(const std::string& text) {
  if (const auto when = store::when_named(text)) return *when;
  throw Error::bad_request(fmt::format("--when must be off-peak, cheapest or now, not '{}'", text));
}

std::vector<store::JobId> add_jobs(Queue& queue, const AddFlags& flags) {
  cli::Program& program = queue.program();
  spec::RequestOptions common = spec::options_of(program.config());
  if (flags.from) common = spec::merge(common, recipe_in(*flags.from).options);
  common = spec::merge(common, flags.options);
  if (flags.positional_prompt) {
    if (flags.options.prompt) throw Error::bad_request("the prompt is given twice", "leave --prompt out");
    common.prompt = flags.positional_prompt;
  }
  if (flags.prompts_file && (flags.positional_prompt || flags.options.prompt))
    throw Error::bad_request("a prompt and --prompts exclude each other", "put the prompt into the file");

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
        fmt::format("the deadline {} is over before the job may start", queue.local(*spec.deadline)),
        "give a later --deadline");

  const auto requests = requests_of(flags, common);
  const auto jobs = sched::freeze(requests, spec, flags.after,
                                  {program.model_dirs(), program.cache_dir_or_empty(), queue.now()});
  check_deadlines(queue, jobs, tariff::FeedAccess::due);
  return queue.store().add(jobs, queue.now_micros());
}

}  // namespace turbodiff::app
