// The built-in model against its reference run, step by step: prompt "a red circle moving right", seed 0, 4
// steps.
#include "model/infer_config.h"
#include "model/umt5_encoder.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "ops/op_testing.h"
#include "pipeline/components.h"
#include "pipeline/demo_files.h"
#include "pipeline/frames.h"
#include "sampler/noise_schedule.h"
#include "sampler/noise_source.h"
#include "sampler/rcm_sampler.h"
#include "text/clean_prompt.h"
#include "weights/tensor_source.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

const std::filesystem::path source{TURBODIFF_SOURCE_DIR};
at::Tensor reference(const std::string& name) {
  static const auto file = weights::TensorSource::open(source / "tests/demo/data/reference.safetensors");
  return model::wrap(file->at(name)).clone();
}

}  // namespace

TEST_CASE("tokens and text embedding of the reference run") {
  const auto components = pipeline::open_components(demo_files());
  const auto tokens = pipeline::open_tokenizer(demo_files(), components.text_encoder)
                          .encode(text::clean_prompt("a red circle moving right"));
  const auto length = static_cast<std::int64_t>(tokens.size());
  const at::Tensor ids = at::tensor(tokens, at::kInt).unsqueeze(0);
  const at::Tensor expected = reference("token_ids").to(at::kInt);
  CHECK(ids.equal(expected.slice(1, 0, length)));
  CHECK(expected.slice(1, length).eq(0).all().item<bool>());
  const model::Umt5Encoder encoder({components.text_encoder, at::kFloat, at::kCPU}, components.text_config);
  CHECK(rel_l2(encoder.encode(ids, {length}), reference("text_embedding").slice(1, 0, length)) < 2e-5);
}

TEST_CASE("noise, velocity and state of every step of the reference run") {
  const auto components = pipeline::open_components(demo_files());
  const model::WanDit dit({components.dit, at::kFloat, at::kCPU}, components.dit_config);
  const auto text = dit.embed_text(reference("text_embedding"));
  const sampler::NoiseSource::Shape shape{1, 16, 5, 12, 12};
  auto noise = sampler::NoiseSource::seeded(0);
  sampler::RcmInputs run;
  run.noise = noise.initial(shape);
  CHECK(run.noise.equal(reference("init_noise")));
  run.times = sampler::rcm_times(4, 80);
  const at::Tensor times = reference("t_steps");
  for (std::size_t i = 0; i < run.times.size(); ++i)
    CHECK(run.times[i] == doctest::Approx(times[static_cast<std::int64_t>(i)].item<double>()).epsilon(1e-14));
  run.denoiser = [&](const at::Tensor& x, double t, std::size_t step) {
    // The reference run's networks are fp32 and take the time unrounded.
    const at::Tensor v = dit.forward(x, at::full({1}, static_cast<float>(t) * 1000.0f), text);
    CHECK(rel_l2(v, reference("v_pred_" + std::to_string(step))) < 5e-5);
    return v;
  };
  run.step_noise = [&](std::size_t step) {
    const at::Tensor fresh = noise.step(shape, step);
    CHECK(fresh.equal(reference("noise_" + std::to_string(step))));
    return fresh;
  };
  run.on_step = [&](std::size_t done, const at::Tensor& x) {
    if (done > 0) CHECK(rel_l2(x, reference("state_" + std::to_string(done - 1))) < 2e-5);
  };
  CHECK(rel_l2(sampler::sample_rcm(run), reference("latent")) < 2e-5);
}

TEST_CASE("decoded and encoded frames of the reference run") {
  const auto components = pipeline::open_components(demo_files());
  const model::WanVae vae({components.vae, at::kFloat, at::kCPU}, components.vae_config,
                          model::WanVae::Parts::both);
  const at::Tensor video = vae.decode(reference("latent"));
  const at::Tensor some =
      at::stack({video.select(2, 0), video.select(2, 1), video.select(2, 5), video.select(2, 16)}, 2);
  CHECK(rel_l2(some, reference("video_frames")) < 2e-5);
  const at::Tensor off =
      (pipeline::to_pixels(video).to(at::kInt) - reference("frames_uint8").to(at::kInt)).abs();
  CHECK(off.max().item<int>() <= 1);
  CHECK((off > 0).to(at::kFloat).mean().item<double>() < 0.002);
  const at::Tensor input =
      reference("vae_input_uint8").to(at::kFloat).permute({3, 0, 1, 2}).unsqueeze(0) / 127.5 - 1;
  CHECK(rel_l2(vae.encode(input), reference("vae_latent")) < 2e-5);
}
