// turbodiff generate [PROMPT]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/request_flags.h"
#include "commands.h"
#include "core/progress_sinks.h"
#include "core/signals.h"
#include "core/strings.h"
#include "generate_jobs.h"
#include "generate_report.h"
#include "generate_request.h"
#include "generator.h"
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
    if (flags_.from) recipe = read_recipe_file(*flags_.from);
    const spec::RequestOptions common = common_options(flags_, program_.config(), recipe);
    if (flags_.serve) return serve(common);

    const JobList list = build_jobs(requests_of(flags_, common), program_.model_dirs(), std::time(nullptr));
    check_jobs(list);
    const std::vector<PlannedJob> planned = plan(list);
    if (recipe) compare_fingerprint(*recipe, list);
    if (flags_.dry_run) return show_plans(list, planned);
    generator_.prepare(list, planned);
    try {
      for (const PlannedJob& job : planned) make(list, job);
    } catch (const Error& error) {
      if (outputs_.empty()) throw;
      finish(list, planned.front());  // what is done stays told
      throw cli::ReportedFailure(error);
    }
    finish(list, planned.front());
  }

 private:
  std::vector<PlannedJob> plan(const JobList& list) {
    std::vector<PlannedJob> planned;
    bool warned = false;
    for (const Job& job : list.jobs) {
      planned.push_back(generator_.plan(list, job));
      if (planned.back().plan.ignores_sparse_attention && !warned) {
        program_.log().warn("'{}' was trained with sparse-linear attention and runs with full attention",
                            list.models[job.model].model.name);
        warned = true;
      }
      if (job.request.seed_was_drawn) program_.log().info("drew seed {}", job.seeds.front());
    }
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
    for (const PlannedJob& job : planned) {
      const double seconds = pipeline::expected_seconds(job.plan);
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
    if (flags_.prompts_file || flags_.dry_run || program_.flags().json)
      throw Error::bad_request("--serve excludes --prompts, --dry-run and --json");
    program_.log().info("one prompt a line; an empty line or /quit ends");
    std::string line;
    for (int index = 1; std::getline(std::cin, line);) {
      core::throw_if_interrupted();
      const std::string prompt(core::trim(line));
      if (prompt.empty() || prompt == "/quit") break;
      try {
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

void add_generate(cli::Program& program) {
  const auto flags = std::make_shared<GenerateFlags>();
  CLI::App& command =
      program.add_command("generate", "Make videos from prompts",
                          [flags](cli::Program& running) { Generate(running, *flags).run(); });
  command.add_option("PROMPT", flags->positional_prompt, "What the video shows; the same as --prompt")
      ->type_name("TEXT")
      ->group("Arguments");
  cli::add_request_flags(command, flags->options);
  command
      .add_option("--prompts", flags->prompts_file,
                  "Prompts from a file, one a line or JSON lines; - is standard input")
      ->type_name("FILE")
      ->group("Prompt");
  command.add_option("--prompt-file", flags->prompts_file, "The same as --prompts")
      ->type_name("FILE")
      ->group("");
  command.add_option("--from", flags->from, "Repeat the generation that a video carries the recipe of")
      ->type_name("FILE")
      ->group("Prompt");
  command
      .add_flag("--dry-run", flags->dry_run, "Check everything, show what would be done and what it takes")
      ->group("Output");
  command.add_option("--progress", flags->progress, "How progress is shown on standard error")
      ->type_name("auto|bar|lines|json|none")
      ->group("Output");
  command
      .add_flag("--serve", flags->serve,
                "Read prompts from standard input one at a time, the model stays loaded")
      ->group("");
  command.footer(
      "Examples:\n"
      "  turbodiff generate \"a red circle moving right\" -o circle.mp4\n"
      "  turbodiff generate \"a blue square\" --num-samples 4 --grid -o grid.webm\n"
      "  turbodiff generate --from circle.mp4 --seed 7 -o again.mp4\n"
      "  turbodiff generate --dit TurboWan2.1-T2V-1.3B-480P.pth --vae Wan2.1_VAE.pth \\\n"
      "    --text-encoder models_t5_umt5-xxl-enc-bf16.pth --dry-run \"a fox in the snow\"");
}

}  // namespace turbodiff::app
