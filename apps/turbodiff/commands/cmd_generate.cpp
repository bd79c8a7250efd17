// turbodiff generate: what it does
#include <fmt/format.h>

#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/os/signals.h"
#include "core/os/system_info.h"
#include "core/progress_sinks.h"
#include "core/text/strings.h"
#include "engine_commands.h"
#include "generate_jobs.h"
#include "generate_report.h"
#include "generate_request.h"
#include "generator.h"
#include "pipeline/expected_time.h"
#include "spec/fingerprint.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

class Generate {
 public:
  Generate(cli::Program& program, const GenerateFlags& flags)
      : program_(program),
        flags_(flags),
        sink_(core::make_progress_sink(
            program.flags().quiet ? core::ProgressMode::none : core::parse_progress_mode(flags.progress),
            program.console(), program.clock())),
        generator_(program, *sink_) {}

  void run() {
    std::optional<spec::Recipe> recipe;
    const core::TextNote note = [this](const std::string& line) { program_.log().info("{}", line); };
    if (flags_.from) recipe = read_recipe_file(*flags_.from, note);
    const spec::RequestOptions common = common_options(flags_, program_.config(), recipe);
    if (flags_.serve) return serve(common);

    const JobList list = build_jobs(cli::requests_of(flags_.prompts, flags_.options, common, note),
                                    program_.model_dirs(), std::time(nullptr));
    check_jobs(list);
    const std::vector<PlannedJob> planned = plan(list);
    if (recipe) compare_fingerprint(*recipe, list);
    if (flags_.dry_run) return show_plans(list, planned);
    generator_.prepare(list, planned);
    try {
      for (const PlannedJob& job : planned) make(list, job);
    } catch (const Error& error) {
      if (outputs_.empty()) throw;
      finish(list, planned.front());  // finished jobs stay reported
      throw cli::ReportedFailure(error);
    }
    finish(list, planned.front());
  }

 private:
  std::vector<PlannedJob> plan(const JobList& list) {
    std::vector<PlannedJob> planned;
    // Said once all jobs are known to be possible: what is refused is refused in one line.
    std::vector<std::string> warnings;
    bool warned = false, untrained = false;
    for (const Job& job : list.jobs) {
      core::throw_if_interrupted();
      const auto beyond = beyond_training(job.request, list.models[job.model].model.defaults);
      if (beyond && !untrained)
        warnings.push_back(fmt::format("{}: {}", list.models[job.model].model.name, *beyond));
      untrained = untrained || beyond;
      planned.push_back(generator_.plan(list, job));
      if (planned.back().plan.ignores_sparse_attention && !warned) {
        warnings.push_back(
            fmt::format("'{}' was trained with sparse-linear attention and runs with full attention",
                        list.models[job.model].model.name));
        warned = true;
      }
      const bool same_prompt =
          planned.size() > 1 && planned[planned.size() - 2].job.request.prompt == job.request.prompt;
      if (const auto tokens = planned.back().plan.cut_prompt; tokens && !same_prompt)
        warnings.push_back(cut_prompt_line(list, job, *tokens));
    }
    for (const std::string& warning : warnings) program_.log().warn("{}", warning);
    for (const Job& job : list.jobs)
      if (job.request.seed_was_drawn) program_.log().info("drew seed {}", job.seeds.front());
    return planned;
  }

  void compare_fingerprint(const spec::Recipe& recipe, const JobList& list) {
    if (recipe.fingerprint.empty() || list.models.size() != 1) return;
    const spec::Model& model = list.models.front().model;
    if (!recipe.model_name.empty() && recipe.model_name != model.name) return;
    spec::FingerprintCache cache(program_.cache_dir_or_empty());
    if (spec::fingerprint_of(model.files, cache) != recipe.fingerprint)
      program_.log().warn("model '{}' is not the one '{}' was made with, the result will differ", model.name,
                          *flags_.from);
    cache.save();
  }

  void show_plans(const JobList& list, const std::vector<PlannedJob>& planned) {
    Json jobs = Json::array();
    std::string text;
    // The first waits until the program has started, which it has just done here. Processor time: other
    // programs may have had the machine meanwhile.
    double start_s = core::process_cpu_seconds();
    for (const PlannedJob& job : planned) {
      core::throw_if_interrupted();
      const auto samples = static_cast<double>(job.job.seeds.size());
      const double seconds = std::exchange(start_s, 0) +
                             samples * pipeline::expected_seconds(job.plan, program_.cache_dir_or_empty());
      jobs.push_back(plan_json(list, job, seconds));
      text += (text.empty() ? "" : "\n") + plan_text(list, job, seconds);
    }
    if (program_.flags().json)
      program_.print_json({{"dry_run", true}, {"jobs", std::move(jobs)}});
    else
      program_.print(text);
  }

  void make(const JobList& list, const PlannedJob& planned) {
    core::throw_if_interrupted();
    program_.log().info("{}", start_line(list, planned));
    const JobResult result = generator_.run(list, planned);
    if (program_.flags().json)
      outputs_.push_back(output_json(planned.job, result));
    else if (program_.flags().quiet)
      program_.print(planned.job.shown_output + "\n");
    else
      program_.print(done_line(planned.job, result) + "\n");
    std::cout.flush();
  }

  void finish(const JobList& list, const PlannedJob& first) {
    if (!program_.flags().json) return;
    program_.print_json({{"outputs", outputs_},
                         {"model", list.models[first.job.model].model.name},
                         {"device", first.plan.runtime.device_name()}});
  }

  /// Prompts come one at a time from standard input, and the model stays loaded in between.
  void serve(const spec::RequestOptions& common) {
    if (flags_.prompts.file || flags_.dry_run || program_.flags().json)
      throw Error::bad_request("--serve excludes --prompts, --dry-run and --json");
    program_.log().info("one prompt a line; an empty line or /quit ends");
    std::string line;
    for (int index = 1; std::getline(std::cin, line);) {
      core::throw_if_interrupted();
      try {
        const std::string text = core::incoming_text(
            line, "standard input", [this](const std::string& said) { program_.log().info("{}", said); });
        const std::string prompt(core::trim(text));
        if (prompt.empty() || prompt == "/quit") break;
        spec::RequestOptions options = common;
        options.prompt = prompt;
        const JobList list =
            build_jobs(std::span(&options, 1), program_.model_dirs(), std::time(nullptr), index, true);
        check_jobs(list);
        for (const PlannedJob& job : plan(list)) make(list, job);
        index += static_cast<int>(list.jobs.size());
      } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) throw;
        program_.log().error("{}; {}", error.message(), error.hint());
      }
    }
    core::throw_if_interrupted();
  }

  cli::Program& program_;
  const GenerateFlags& flags_;
  std::unique_ptr<core::ProgressSink> sink_;
  Generator generator_;
  Json outputs_ = Json::array();
};

}  // namespace

void run_generate(cli::Program& program, const GenerateFlags& flags) {
  Generate(program, flags).run();
}

}  // namespace turbodiff::app
