// NaN and infinities end a generation with an error that names the stage, and are not tried again.
#include "core/clock.h"
#include "core/retry.h"
#include "model/parameters.h"
#include "model/tensor_file.h"
#include "pipeline/demo_files.h"
#include "pipeline/prompt_cache.h"
#include "pipeline/text_to_video.h"
#include "testing_dir.h"
#include "weights/checkpoint.h"

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

spec::GenerationRequest tiny_request() {
  spec::GenerationRequest request;
  request.prompt = "a red circle moving right";
  request.size = {32, 32};
  request.frames = 5;
  request.steps = 3;
  return request;
}

struct CountedFrames final : pipeline::FrameSink {
  int frames = 0;
  void write(std::span<const std::uint8_t>) override { ++frames; }
};

struct Failure {
  std::string message, hint;
  ErrorCode code = ErrorCode::interrupted;
  bool again = true;
  int frames = 0;
};

Failure failure_of(const spec::ModelFiles& files, const spec::GenerationRequest& request,
                   const std::filesystem::path& cache = {},
                   const pipeline::StepCheckpoint* checkpoint = nullptr) {
  const core::SystemClock clock;
  core::CallbackProgress silent([](const core::ProgressEvent&) {});
  core::ProgressTracker progress(silent, clock);
  CountedFrames sink;
  Failure failure;
  try {
    pipeline::TextToVideo engine(files, {cache});
    engine.generate(request, std::vector<std::uint64_t>{5}, sink, progress, {.checkpoint = checkpoint});
  } catch (const Error& error) {
    failure = {error.message(), error.hint(), error.code(), worth_a_retry(error)};
  }
  failure.frames = sink.frames;
  return failure;
}

/// A copy of a checkpoint with one tensor changed.
std::filesystem::path changed(const std::filesystem::path& from, weights::Component component,
                              const std::filesystem::path& to, const std::string& name,
                              const std::function<void(at::Tensor&)>& change) {
  const auto checkpoint = weights::Checkpoint::open(from, component);
  const model::Parameters parameters(checkpoint, at::kFloat, at::kCPU);
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  bool found = false;
  for (const std::string& each : checkpoint.names()) {
    at::Tensor values = parameters.get_f32(each, checkpoint.at(each).shape).clone();
    if (each == name) {
      change(values);
      found = true;
    }
    tensors.emplace_back(each, values);
  }
  REQUIRE(found);
  model::save_tensors(to, tensors);
  return to;
}

void set_nan(at::Tensor& values) {
  values.flatten()[0].fill_(std::nan(""));
}

void check_lasting(const Failure& failure, std::string_view where) {
  CAPTURE(failure.message);
  CHECK(failure.code == ErrorCode::work_failed);
  CHECK(failure.message.starts_with(where));
  CHECK_FALSE(failure.hint.empty());
  CHECK_FALSE(failure.again);
}

}  // namespace

TEST_CASE("weights that are no numbers end the generation in the stage that meets them") {
  const TempDir folder;
  spec::ModelFiles files = demo_files();
  files.dit = changed(demo_files().dit, weights::Component::dit, folder.path() / "dit.safetensors",
                      "head.head.bias", set_nan);
  const Failure step = failure_of(files, tiny_request());
  check_lasting(step, "step 1 of 3 gave values that are not numbers");
  CHECK(step.frames == 0);

  files = demo_files();
  files.vae = changed(demo_files().vae, weights::Component::vae, folder.path() / "vae.safetensors",
                      "decoder.head.2.bias", set_nan);
  const Failure decode = failure_of(files, tiny_request());
  check_lasting(decode, "decoding latent frame 1 of 2");
  CHECK(decode.frames == 0);

  files = demo_files();
  files.text_encoder = changed(demo_files().text_encoder, weights::Component::text_encoder,
                               folder.path() / "t5.safetensors", "norm.weight", set_nan);
  check_lasting(failure_of(files, tiny_request(), folder.path() / "cache"), "the text encoder");
  // Nothing of it was kept for the next prompt.
  check_lasting(failure_of(files, tiny_request(), folder.path() / "cache"), "the text encoder");
}

TEST_CASE("noise that is no number ends the generation in its first step, or in that whose noise it is") {
  const TempDir folder;
  spec::GenerationRequest request = tiny_request();
  request.noise = folder.path() / "noise.safetensors";
  at::Tensor noise = at::zeros({1, 16, 2, 4, 4}), step_noise = at::zeros({2, 1, 16, 2, 4, 4});
  const auto save = [&] {
    model::save_tensors(*request.noise, {{"noise", noise}, {"step_noise", step_noise}});
  };
  save();
  CHECK(failure_of(demo_files(), request).code == ErrorCode::interrupted);  // none
  noise[0][3][1][2][2] = std::numeric_limits<float>::infinity();
  save();
  check_lasting(failure_of(demo_files(), request), "step 1 of 3");
  noise.zero_();
  step_noise[1][0][3][1][2][2] = std::nan("");
  save();
  check_lasting(failure_of(demo_files(), request), "step 2 of 3");
}

TEST_CASE("values beyond fp16 end the generation, and another type is what helps") {
  const TempDir folder;
  spec::ModelFiles files = demo_files();
  files.dit = changed(demo_files().dit, weights::Component::dit, folder.path() / "dit.safetensors",
                      "patch_embedding.bias", [](at::Tensor& values) { values.fill_(1e6); });
  spec::GenerationRequest request = tiny_request();
  request.dtype = spec::Precision::fp16;
  const Failure failure = failure_of(files, request);
  check_lasting(failure, "step 1 of 3");
  CHECK(failure.hint.find("--dtype bf16 or fp32") != std::string::npos);
  request.dtype = spec::Precision::fp32;
  CHECK(failure_of(files, request).code == ErrorCode::interrupted);
}

TEST_CASE("a kept step that is no number is not gone on from") {
  const TempDir folder;
  const pipeline::StepCheckpoint checkpoint(folder.path() / "state", "the same");
  checkpoint.write({1, at::full({1, 16, 2, 4, 4}, std::nan(""), at::kDouble), {}});
  const Failure failure = failure_of(demo_files(), tiny_request(), {}, &checkpoint);
  CHECK(failure.message.empty());
  CHECK(failure.frames == 5);
}
