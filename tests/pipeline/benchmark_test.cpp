#include "bench/benchmark.h"

#include "bench/make_checkpoint.h"
#include "model/infer_config.h"
#include "ops/op_testing.h"
#include "pipeline/estimate.h"
#include "pipeline/text_to_video.h"
#include "weights/checkpoint.h"

using namespace turbodiff;
using namespace turbodiff::testing;

namespace {

/// A checkpoint of these tensors with small numbers in it.
void write(const std::filesystem::path& path, const std::vector<weights::TensorSpec>& tensors) {
  weights::SafetensorsWriter writer(path, tensors);
  std::uint64_t seed = 1;
  for (const auto& tensor : tensors) {
    const at::Tensor values =
        random(tensor.shape, ++seed) * 0.1 + (tensor.name.find("norm") != std::string::npos ? 1.0 : 0.0);
    const at::Tensor stored = (tensor.dtype == Dtype::f32 ? values : values.to(at::kBFloat16)).contiguous();
    writer.write(std::span(static_cast<const std::uint8_t*>(stored.const_data_ptr()), stored.nbytes()));
  }
  writer.finish();
}

}  // namespace

TEST_CASE("generated checkpoints have exactly the tensors the networks load, and can be measured") {
  const TempDir folder;
  bench::BenchmarkInputs inputs;
  inputs.dit = folder / "dit.safetensors";
  inputs.vae = folder / "vae.safetensors";
  inputs.text_encoder = folder / "t5.safetensors";
  write(inputs.dit, bench::dit_tensors(256, 320, 2, 64));
  write(inputs.vae, bench::wan21_vae_tensors(4));
  write(inputs.text_encoder, bench::umt5_tensors(100, 64, 96, 4, 2));

  inputs.config = folder / "config.json";
  write_file(inputs.config, R"({"dit": {"num_heads": 2}})");
  const auto overrides = model::read_config_overrides(inputs.config);
  const auto dit = weights::Checkpoint::open(inputs.dit, weights::Component::dit);
  const auto vae = weights::Checkpoint::open(inputs.vae, weights::Component::vae);
  const auto text = weights::Checkpoint::open(inputs.text_encoder, weights::Component::text_encoder);
  CHECK(model::infer_dit_config(dit, overrides).heads == 2);
  CHECK(model::infer_dit_config(dit, overrides).layers == 2);
  CHECK(model::infer_vae_config(vae).spatial_factor == 8);
  CHECK(model::infer_vae_config(vae).temporal_factor == 4);
  CHECK(model::infer_text_encoder_config(text).dim_ffn == 96);
  for (const auto* checkpoint : {&dit, &vae, &text}) CHECK(checkpoint->unknown_names().empty());
  const model::WanVae both({vae, at::kFloat, at::kCPU}, model::infer_vae_config(vae),
                           model::WanVae::Parts::both);
  CHECK(both.encode(at::zeros({1, 3, 5, 16, 16})).sizes().equals(at::IntArrayRef{1, 16, 2, 2, 2}));

  inputs.size = {32, 32};
  inputs.frames = 5;
  inputs.repeats = 1;
  inputs.prompt_tokens = 8;
  const auto results = bench::run_benchmarks(inputs);
  REQUIRE(results.size() == 5);
  for (const auto& result : results) {
    CHECK(result.wall_s > 0);
    CHECK(result.peak_rss_bytes > 0);
    if (result.gflop > 0) CHECK(result.peak_gflops > 0);
  }
}

TEST_CASE("a peer case writes the network's output") {
  const TempDir folder;
  bench::BenchmarkInputs inputs;
  inputs.dit = folder / "dit.safetensors";
  inputs.dtype = spec::Precision::fp32;
  inputs.repeats = 1;
  write(inputs.dit, bench::dit_tensors(256, 320, 1, 64));
  inputs.config = folder / "config.json";
  write_file(inputs.config, R"({"dit": {"num_heads": 2}})");
  const at::Tensor x = random({1, 16, 1, 4, 4}, 1), t = at::full({1, 1}, 932.0f),
                   context = random({1, 5, 64}, 2);
  const auto data = [](const char* name, const at::Tensor& tensor) {
    return weights::TensorData{{name, Dtype::f32, tensor.sizes().vec()},
                               {static_cast<const std::uint8_t*>(tensor.const_data_ptr()), tensor.nbytes()}};
  };
  weights::write_safetensors(folder / "in.safetensors",
                             {data("x", x), data("timesteps", t), data("context", context)});
  bench::run_peer_case(inputs, folder / "in.safetensors", folder / "out.safetensors");
  const auto file = weights::TensorSource::open(folder / "out.safetensors");
  const auto checkpoint = weights::Checkpoint::open(inputs.dit, weights::Component::dit);
  const model::WanDit dit({checkpoint, at::kFloat, at::kCPU},
                          model::infer_dit_config(checkpoint, {2, std::nullopt}));
  CHECK(rel_l2(model::wrap(file->at("out")), dit.forward(x, t.flatten(), dit.embed_text(context))) < 1e-6);
  inputs.vae = "also.safetensors";
  CHECK(error_of([&] {
          bench::run_peer_case(inputs, folder / "in.safetensors", folder / "out.safetensors");
        }).code() == ErrorCode::bad_request);
}

TEST_CASE("the operations of published sizes are what their papers and profilers say") {
  model::DitConfig small{1536, 8960, 12, 30, 256, 4096, 16, 16};
  // 832x480x81: 32760 tokens, 283 TFLOP an evaluation, 201 of them attention over the tokens.
  CHECK(pipeline::dit_flops(small, 32760, 512) == doctest::Approx(283e12).epsilon(0.05));
  const auto latent = pipeline::latent_shape({}, 81, 832, 480);
  CHECK(latent == pipeline::LatentShape{16, 21, 60, 104});
  CHECK(pipeline::token_count(small, latent) == 32760);
}

TEST_CASE("an unknown configuration is refused by name") {
  const TempDir folder;
  const Error error = error_of([&] { bench::make_random_checkpoint({"wan9", 0, 0}, folder / "x", false); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("wan9") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "x"));
}
