// Runs jobs through the pipeline and puts their files in place.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/program.h"
#include "core/progress.h"
#include "generate_jobs.h"
#include "pipeline/text_to_video.h"

namespace turbodiff::app {

/// What a finished job took.
struct JobResult {
  double load_s = 0, text_s = 0, denoise_s = 0, decode_s = 0, encode_s = 0, total_s = 0;
  std::optional<double> kwh;  ///< from estimate.watts; nullopt where that is not set
};

/// A job's plan, and the request with everything that the plan decided (element type, attention).
struct PlannedJob {
  Job job;
  pipeline::Plan plan;
};

/// Keeps the model of the last job loaded, so that consecutive jobs of one model load it once.
class Generator {
 public:
  Generator(cli::Program& program, core::ProgressSink& sink);
  ~Generator();

  /// Reads headers only. Errors of make_plan(), and bad_request when the transformer is not of the stated
  /// architecture.
  PlannedJob plan(const JobList& list, const Job& job);

  /// Writes the job's files. When it throws, no file is left.
  JobResult run(const JobList& list, const PlannedJob& planned);

  /// Embeds the prompts of all jobs of the first job's model in one pass over the text encoder.
  void prepare(const JobList& list, const std::vector<PlannedJob>& planned);
  /// Embeds `prompts` of later requests with the model and element type of `planned`.
  void prepare(const JobList& list, const PlannedJob& planned, std::span<const std::string> prompts);

  /// The fingerprint of the model's files.
  const std::string& fingerprint(const spec::Model& model);

 private:
  void use(const spec::Model& model);
  std::string recipe_of(const JobModel& model, const Job& job);

  cli::Program& program_;
  core::ProgressSink& sink_;
  std::unique_ptr<core::ProgressTracker> prepared_;  // times of prepare(), counted with the first job
  std::unique_ptr<pipeline::TextToVideo> pipeline_;
  spec::ModelFiles files_;
  std::optional<std::string> fingerprint_;
  bool said_declined_ = false, said_for_memory_ = false;
};

/// The name of the architecture with these sizes ("Wan2.1-1.3B"); empty for an unknown one.
std::string architecture_of(const model::DitConfig& config);

}  // namespace turbodiff::app
