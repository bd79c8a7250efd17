// turbodiff cost route
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/duration.h"
#include "core/text/counted.h"
#include "core/text/incoming_text.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "cost/routing.h"
#include "cost_commands.h"
#include "spec/resolution.h"
#include "tariff/local_time.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

struct JobFlags {
  std::optional<std::string> rules, size, resolution, aspect_ratio, steps, priority, slack, when;
};

/// --rules, routing.rules, the user's routing.yaml, the shipped one.
fs::path rules_file(cli::Program& program, const JobFlags& flags) {
  if (flags.rules) return program.paths().expand(*flags.rules);
  if (const auto configured = program.config().path("routing.rules")) return *configured;
  std::vector<fs::path> folders;
  try {
    folders.push_back(program.paths().config_dir());
  } catch (const Error&) {
    // Without HOME there are only the shipped ones.
  }
  for (const fs::path& folder : program.paths().shared_dirs("hardware")) folders.push_back(folder);
  for (const fs::path& folder : folders)
    if (fs::is_regular_file(folder / "routing.yaml")) return folder / "routing.yaml";
  throw Error::bad_request("there are no routing rules", "name a file with --rules");
}

spec::Size size_of(const JobFlags& flags) {
  if (flags.size && (flags.resolution || flags.aspect_ratio))
    throw Error::bad_request("--size and --resolution exclude each other");
  if (flags.size) return spec::parse_size(*flags.size);
  const std::string resolution = flags.resolution.value_or("480p"),
                    ratio = flags.aspect_ratio.value_or("16:9");
  if (const auto size = spec::find_resolution(resolution, ratio)) return *size;
  throw Error::bad_request(fmt::format("there is no resolution '{}' at '{}'",
                                       core::escape_control(resolution), core::escape_control(ratio)),
                           "for example --resolution 720p --aspect-ratio 16:9");
}

void show_route(cli::Program& program, const CostFlags& flags, const JobFlags& job_flags) {
  CostContext context(program, flags, false);
  const fs::path file = rules_file(program, job_flags);
  const cost::RoutingRules rules = cost::read_routing(file);
  if (const auto note = core::note_of_file(file)) program.log().info("{}", *note);
  cost::RoutingJob job;
  job.model = context.model();
  const spec::Size size = size_of(job_flags);
  job.width = size.width;
  job.height = size.height;
  if (flags.frames) job.frames = integer_flag("--frames", *flags.frames, 1, 1'000'000);
  if (job_flags.steps) job.steps = integer_flag("--steps", *job_flags.steps, 1, 100);
  if (job_flags.priority)
    job.priority = integer_flag("--priority", *job_flags.priority, -1'000'000, 1'000'000);
  if (job_flags.slack) job.slack_s = core::require_duration(*job_flags.slack, "--slack");
  job.when = job_flags.when.value_or(job.when);
  if (job.when != "off-peak" && job.when != "cheapest" && job.when != "now")
    throw Error::bad_request(
        fmt::format("--when must be off-peak, cheapest or now, not '{}'", core::excerpt(job.when, 40)));
  const cost::Route found = cost::route(rules, job);

  report::Page page;
  page.title = fmt::format("{}{}{}", found.tier->name, found.tier->gpus.empty() ? "" : ": ",
                           core::join(found.tier->gpus, ", "));
  page.subtitle = fmt::format(
      "{}, {}, {}, {}, priority {}, {}{}", job.model, spec::to_string(size),
      core::counted(job.frames, "frame"), core::counted(job.steps, "step"), job.priority, job.when,
      job.slack_s ? ", " + core::format_duration(static_cast<double>(*job.slack_s)) + " left"
                  : ", no deadline");
  report::PageBlock block;
  block.table.columns = {{"RULE"}, {"TIER"}, {"MATCHES"}, {"WHY", false, true}};
  Json steps = Json::array();
  for (const cost::RoutingStep& step : found.steps) {
    const bool matched = step.mismatch.empty();
    block.table.rows.push_back(
        {step.rule->name, step.rule->tier, matched ? "yes" : "no", matched ? step.rule->why : step.mismatch});
    steps.push_back({{"rule", step.rule->name},
                     {"tier", step.rule->tier},
                     {"matches", matched},
                     {"mismatch", matched ? Json() : Json(step.mismatch)}});
  }
  page.blocks.push_back(std::move(block));
  page.notes.push_back("Rules: " + file.string());
  deliver(context, page,
          Json{{"tier", found.tier->name},
               {"gpus", found.tier->gpus},
               {"device", found.tier->device.empty() ? "auto" : found.tier->device},
               {"rule", found.rule->name},
               {"why", found.rule->why},
               {"steps", std::move(steps)},
               {"file", file.string()}});
}

}  // namespace

void add_cost_route(cli::Program& program, CLI::App& parent, CostFlags& flags) {
  const auto job = std::make_shared<JobFlags>();
  CLI::App& command = program.add_command(
      "route", "Show which GPUs the routing rules choose for a job, and why",
      [&flags, job](cli::Program& running) { show_route(running, flags, *job); }, &parent);
  const auto option = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* type) {
    command.add_option(name, target, help)->type_name(type)->group("Job");
  };
  option("--model", flags.model, "Model of the job", "NAME");
  option("--size", job->size, "Size of the picture", "WxH");
  option("--resolution", job->resolution, "Named size of the picture (480p)", "NAME");
  option("--aspect-ratio", job->aspect_ratio, "Aspect ratio of the named size (16:9)", "W:H");
  option("--frames", flags.frames, "Frames (81)", "N");
  option("--steps", job->steps, "Denoising steps (4)", "N");
  option("--priority", job->priority, "Priority, higher first (0)", "N");
  option("--slack", job->slack, "Time left before the deadline, like 90m; none: no deadline", "TIME");
  option("--when", job->when, "When the job may run (off-peak)", "off-peak|cheapest|now");
  command.add_option("--rules", job->rules, "File of rules instead of the user's own (routing.yaml)")
      ->type_name("FILE")
      ->group("Job");
  add_output_options(command, flags);
}

}  // namespace turbodiff::app
