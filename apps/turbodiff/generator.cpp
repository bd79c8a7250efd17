#include "generator.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/signals.h"
#include "media/contact_sheet.h"
#include "preview_file.h"
#include "sampler/noise_source.h"
#include "spec/fingerprint.h"
#include "spec/recipe.h"

namespace turbodiff::app {
namespace {

/// Frames on their way from the decoder to the video file and the contact sheet; measures the time that
/// takes.
class JobWriter final : public pipeline::FrameSink {
 public:
  JobWriter(const Job& job, const core::Clock& clock, const std::string& recipe)
      : clock_(clock),
        video_(job.write_to.empty() ? job.output : job.write_to, job.request.force || !job.write_to.empty()) {
    media::VideoSettings settings = video_settings(job);
    settings.recipe_json = recipe;
    settings.tags["title"] = job.request.prompt;
    writer_ = media::VideoWriter::create(video_.temp_path(), job.container, settings);
    if (!job.contact_sheet.empty()) {
      sheet_file_.emplace(job.contact_sheet, job.request.force);
      sheet_.begin_video(settings.width, settings.height, settings.frames);
    }
    if (!job.latents.empty()) latents_file_.emplace(job.latents, job.request.force);
  }

  void write(std::span<const std::uint8_t> rgb) override {
    core::throw_if_interrupted();
    const double begin = clock_.monotonic_s();
    writer_->write(rgb);
    if (sheet_file_) sheet_.add(rgb);
    seconds_ += clock_.monotonic_s() - begin;
  }

  /// Completes every file, then gives them their names.
  void finish() {
    const double begin = clock_.monotonic_s();
    writer_->finish();
    if (sheet_file_) sheet_.write(sheet_file_->temp_path());
    core::throw_if_interrupted();
    video_.commit();
    if (sheet_file_) sheet_file_->commit();
    if (latents_file_) latents_file_->commit();
    seconds_ += clock_.monotonic_s() - begin;
  }

  std::filesystem::path latents_path() const {
    return latents_file_ ? latents_file_->temp_path() : std::filesystem::path();
  }
  double seconds() const { return seconds_; }

 private:
  const core::Clock& clock_;
  core::OutputFile video_;
  std::optional<core::OutputFile> sheet_file_, latents_file_;
  std::unique_ptr<media::VideoWriter> writer_;
  media::ContactSheet sheet_;
  double seconds_ = 0;
};

void require_architecture(const spec::Model& model, const model::DitConfig& config) {
  const std::string found = architecture_of(config);
  if (model.architecture.empty() || model.architecture == found) return;
  throw Error::bad_request(
      fmt::format("'{}' is not a {}: it has width {}, {} layers and {} channels in", model.files.dit.string(),
                  model.architecture, config.dim, config.layers, config.in_dim),
      found.empty() ? "leave --model out, the architecture is read from the file"
                    : fmt::format("it is a {}; leave --model out", found));
}

spec::Precision precision_of(const pipeline::Runtime& runtime) {
  return spec::value_named<spec::Precision>(runtime.type_name()).value_or(spec::Precision::automatic);
}

}  // namespace

std::string architecture_of(const model::DitConfig& config) {
  if (config.dim == 1536 && config.layers == 30 && config.in_dim == 16) return "Wan2.1-1.3B";
  if (config.dim == 5120 && config.layers == 40 && config.in_dim == 16) return "Wan2.1-14B";
  if (config.dim == 5120 && config.layers == 40 && config.in_dim == 36) return "Wan2.2-A14B";
  return "";
}

Generator::Generator(cli::Program& program, core::ProgressSink& sink) : program_(program), sink_(sink) {}
Generator::~Generator() = default;

void Generator::use(const spec::Model& model) {
  if (pipeline_ && files_ == model.files) return;
  if (model.files.dit.empty())
    throw Error::bad_request(
        fmt::format("model '{}' has two transformers, and this version runs models with one", model.name),
        "use a text-to-video model");
  pipeline_.reset();
  fingerprint_.reset();
  pipeline_ = std::make_unique<pipeline::TextToVideo>(
      model.files, pipeline::TextToVideo::Options{.cache_folder = program_.cache_dir_or_empty()});
  files_ = model.files;
  require_architecture(model, pipeline_->components().dit_config);
}

PlannedJob Generator::plan(const JobList& list, const Job& job) {
  use(list.models[job.model].model);
  PlannedJob planned{job, pipeline_->plan(job.request)};
  if (job.request.noise) {
    const auto [channels, frames, rows, columns] = planned.plan.latent;
    sampler::NoiseSource::from_file(*job.request.noise, {1, channels, frames, rows, columns},
                                    job.seeds.front());
  }
  planned.job.request.dtype = precision_of(planned.plan.runtime);
  planned.job.request.attention = planned.plan.attention;
  const pipeline::LinearChoice& linear = planned.plan.linear;
  planned.job.request.quant_linear =
      linear.kind == model::LinearKind::int8 ? spec::QuantLinear::force : spec::QuantLinear::off;
  if (linear.declined && !std::exchange(said_declined_, true))
    program_.log().info(
        "int8 layers {} here, so plain ones run; --quant-linear=force runs them for the memory saved",
        linear.speedup
            ? fmt::format("are {:.3g} times as fast as {}", *linear.speedup, planned.plan.runtime.type_name())
            : std::string("have no kernels"));
  if (linear.for_memory && !std::exchange(said_for_memory_, true))
    program_.log().info("plain layers do not fit into this machine's memory, so int8 ones run");
  return planned;
}

const std::string& Generator::fingerprint(const spec::Model& model) {
  use(model);
  if (!fingerprint_) {
    spec::FingerprintCache cache(program_.cache_dir_or_empty());
    fingerprint_ = spec::fingerprint_of(model.files, cache);
    if (!cache.save()) program_.log().debug("the fingerprint cache could not be written");
  }
  return *fingerprint_;
}

std::string Generator::recipe_of(const JobModel& chosen, const Job& job) {
  return spec::to_text(spec::make_recipe(program_.title(), job.request, chosen.model, chosen.by_files,
                                         fingerprint(chosen.model), job.seeds.front()));
}

void Generator::prepare(const JobList& list, const std::vector<PlannedJob>& planned) {
  if (planned.size() < 2) return;
  const std::size_t model = planned.front().job.model;
  std::vector<std::string> prompts;
  for (const PlannedJob& other : planned)
    if (other.job.model == model && other.plan.runtime.text_type == planned.front().plan.runtime.text_type)
      prompts.push_back(other.job.request.prompt);
  prepare(list, planned.front(), prompts);
}

void Generator::prepare(const JobList& list, const PlannedJob& planned,
                        std::span<const std::string> prompts) {
  use(list.models[planned.job.model].model);
  prepared_ = std::make_unique<core::ProgressTracker>(sink_, program_.clock());
  pipeline_->prepare(prompts, planned.job.request, *prepared_);
}

JobResult Generator::run(const JobList& list, const PlannedJob& planned) {
  const Job& job = planned.job;
  const core::Clock& clock = program_.clock();
  const double begin = clock.monotonic_s();
  use(list.models[job.model].model);
  core::ProgressTracker progress(sink_, clock);
  const std::string recipe = recipe_of(list.models[job.model], job);
  JobWriter writer(job, clock, recipe);
  const pipeline::StepCheckpoint checkpoint(job.checkpoint, recipe);
  PreviewFile preview(job.preview, program_.log());
  pipeline_->generate(job.request, job.seeds, writer, progress,
                      {.save_latents = writer.latents_path(),
                       .checkpoint = job.checkpoint.empty() ? nullptr : &checkpoint,
                       .preview = job.preview.empty() ? nullptr : &preview});
  const double streamed = writer.seconds();
  {
    core::ProgressStage stage(progress, "encode", 1);
    writer.finish();
    stage.update(1);
  }

  JobResult result;
  result.load_s = progress.seconds("load");
  result.text_s = progress.seconds("text");
  result.denoise_s = progress.seconds("denoise");
  result.decode_s = std::max(0.0, progress.seconds("decode") - streamed);
  result.encode_s = writer.seconds();
  result.total_s = clock.monotonic_s() - begin;
  if (prepared_) {
    result.text_s += prepared_->seconds("text");
    result.total_s += prepared_->seconds("text");
    prepared_.reset();
  }
  if (const auto watts = program_.config().number("estimate.watts"))
    result.kwh = *watts * result.total_s / 3.6e6;
  return result;
}

}  // namespace turbodiff::app
