#include "add_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "engine.h"
#include "sched/freeze.h"
#include "sched/planner.h"
#include "sched/queue_plan.h"
#include "spec/config_options.h"
#include "spec/option_table.h"
#include "spec/prompts_file.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

/// Beyond so many waiting jobs a new deadline is checked on its own, not among them.
constexpr std::size_t most_checked_together = 1000;

std::vector<spec::RequestOptions> requests_of(const AddFlags& flags, const spec::RequestOptions& common) {
  std::vector<spec::RequestOptions> requests;
  if (flags.prompts_file) {
    for (const spec::PromptEntry& entry : spec::read_prompts_file(*flags.prompts_file))
      requests.push_back(spec::merge(common, entry.options));
  } else {
    requests.push_back(common);
  }
  if (flags.count == 1) return requests;
  std::vector<spec::RequestOptions> repeated;
  for (const spec::RequestOptions& request : requests)
    for (int i = 0; i < flags.count; ++i) {
      repeated.push_back(request);
      spec::Seed seed = request.seed.value_or(spec::Seed{});
      seed.value +=
          static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(request.num_samples.value_or(1));
      repeated.back().seed = seed;
    }
  return repeated;
}

/// Puts the new jobs behind the waiting ones (when they are not too many) and plans all.
void check_deadlines(Queue& queue, const std::vector<store::NewJob>& jobs) {
  const bool any =
      std::any_of(jobs.begin(), jobs.end(), [](const auto& job) { return job.spec.deadline.has_value(); });
  if (!any || !queue.has_tariff()) return;
  const tariff::Tariff tariff = queue.load_tariff();
  queue.warn_of(tariff);
  sched::Estimator estimator(queue.store(), queue.power());
  sched::QueuePlanOptions options;
  options.now = queue.now();
  for (const store::NewJob& job : jobs)
    if (job.spec.deadline) options.horizon_s = std::max(options.horizon_s, *job.spec.deadline - options.now);
  options.horizon_s = std::min<std::int64_t>(options.horizon_s, 400 * 86400);
  options.label = [&](tariff::Seconds instant) { return queue.local(instant); };
  const tariff::PriceCurve curve = tariff::make_curve(tariff, options.now, options.now + options.horizon_s);

  sched::PlanRequest request;
  if (queue.store().count_by_state()[store::State::queued] <=
      static_cast<std::int64_t>(most_checked_together)) {
    std::size_t left_out = 0;
    request = sched::make_queue_request(queue.store(), estimator, options, left_out);
  } else {
    request.now = options.now;
    request.horizon_s = options.horizon_s;
    request.label = options.label;
  }
  const std::size_t first = request.jobs.size();
  const bool together = jobs.size() <= most_checked_together;
  for (std::size_t i = 0; i < jobs.size() && (together || i == 0); ++i) {
    const store::NewJob& job = jobs[i];
    const sched::JobEstimate estimate = estimator.estimate(job.preset);
    sched::PlanJob planned;
    planned.id = fmt::format("new {}", i + 1);
    planned.seconds = estimate.seconds;
    planned.setup_seconds = estimate.setup_seconds;
    planned.milliwatts = estimate.milliwatts;
    planned.earliest = job.spec.earliest;
    planned.deadline = job.spec.deadline;
    planned.priority = job.spec.priority;
    planned.when = sched::plan_when(job.spec.when);
    planned.group = sched::plan_group(job.preset, job.spec.group);
    for (const store::JobId id : job.after)
      if (const auto found = std::find_if(request.jobs.begin(), request.jobs.end(),
                                          [&](const auto& other) { return other.id == std::to_string(id); });
          found != request.jobs.end())
        planned.after.push_back(std::to_string(id));
    request.jobs.push_back(std::move(planned));
  }
  // Prices that are not published yet may still make it possible.
  const tariff::Seconds known_until = [&] {
    tariff::Seconds until = options.now;
    for (const tariff::Segment& segment : curve.segments())
      if (segment.price && !segment.fallback) until = segment.end;
    return until;
  }();
  const sched::Plan plan = sched::make_plan(request, curve);
  for (const sched::UnplacedJob& unplaced : plan.unplaced) {
    if (unplaced.job < first) continue;
    const sched::PlanJob& job = request.jobs[unplaced.job];
    if (!job.deadline || (tariff.prices && *job.deadline > known_until)) continue;
    throw Error::refused(
        fmt::format("the deadline {} cannot be met: {}", queue.local(*job.deadline), unplaced.reason),
        "give a later --deadline, or --when cheapest or now");
  }
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
                                  {program.model_dirs(), program.cache_dir_or_empty(), std::time(nullptr)});
  check_deadlines(queue, jobs);
  return queue.store().add(jobs, queue.now_micros());
}

}  // namespace turbodiff::app
