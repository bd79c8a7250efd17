// 11_pipeline: whole text-to-video runs through the pipeline that `generate` uses.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <fstream>

#include "core/error.h"
#include "model/parameters.h"
#include "model/umt5_encoder.h"
#include "parity/golden.h"
#include "pipeline/text_to_video.h"
#include "sampler/noise_schedule.h"
#include "testing_dir.h"
#include "text/clean_prompt.h"
#include "weights/safetensors_writer.h"

namespace turbodiff::parity {

namespace {

struct Collected final : pipeline::FrameSink {
  std::vector<at::Tensor> frames;
  void write(std::span<const std::uint8_t> rgb) override {
    at::Tensor frame = at::empty({static_cast<std::int64_t>(rgb.size())}, at::kByte);
    std::copy(rgb.begin(), rgb.end(), frame.mutable_data_ptr<std::uint8_t>());
    frames.push_back(frame);
  }
};

struct Outcome {
  at::Tensor latents;  // [B, C, T, h, w]
  at::Tensor frames;   // [T, H, B*W, 3] uint8
};

void write_noise(const fs::path& path, const at::Tensor& noise, const at::Tensor& step_noise) {
  const auto data = [](const char* name, const at::Tensor& t) {
    return weights::TensorData{{name, Dtype::f32, t.sizes().vec()},
                               {static_cast<const std::uint8_t*>(t.const_data_ptr()), t.nbytes()}};
  };
  const at::Tensor first = noise.contiguous(), steps = step_noise.contiguous();
  weights::write_safetensors(path, {data("noise", first), data("step_noise", steps)});
}

/// One sample at a time, as `generate` makes them.
Outcome generate(const spec::ModelFiles& files, const nlohmann::json& values, const TensorFile& file,
                 spec::Precision type, const fs::path& scratch) {
  pipeline::TextToVideo engine(files, {});
  spec::GenerationRequest request;
  request.prompt = values["prompt"].get<std::string>();
  request.steps = values["num_steps"].get<int>();
  request.sigma_max = values["sigma_max"].get<double>();
  request.ode = values["ode"].get<bool>();
  request.frames = values["num_frames"].get<int>();
  request.size = {values["width"].get<int>(), values["height"].get<int>()};
  request.dtype = type;
  const at::Tensor noise = file.f32("init_noise"), step_noise = file.f32("step_noise");
  const core::SystemClock clock;
  core::SilentProgress silent;
  std::vector<at::Tensor> latents, frames;
  for (std::int64_t sample = 0; sample < noise.size(0); ++sample) {
    request.noise = scratch / "noise.safetensors";
    write_noise(*request.noise, noise.narrow(0, sample, 1), step_noise.narrow(1, sample, 1));
    core::ProgressTracker progress(silent, clock);
    Collected sink;
    const std::uint64_t seed = 0;
    engine.generate(request, std::span(&seed, 1), sink, progress,
                    {.save_latents = scratch / "latents.safetensors"});
    latents.push_back(TensorFile(scratch / "latents.safetensors").f32("latents"));
    frames.push_back(at::stack(sink.frames)
                         .view({static_cast<std::int64_t>(sink.frames.size()), request.size.height,
                                request.size.width, 3}));
  }
  return {at::cat(latents, 0), at::cat(frames, 2)};
}

/// Share of pixel values that differ at all; infinity where one differs by more than a level.
double frames_off(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.sizes().equals(expected.sizes())) return std::numeric_limits<double>::infinity();
  const at::Tensor off = (actual.to(at::kLong) - expected).abs();
  if (off.max().item<std::int64_t>() > 1) return std::numeric_limits<double>::infinity();
  return (off > 0).to(at::kDouble).mean().item<double>();
}

at::Tensor embedding(const spec::ModelFiles& files, const std::string& prompt,
                     const at::Tensor& expected_ids) {
  const auto checkpoint = weights::Checkpoint::open(files.text_encoder, weights::Component::text_encoder);
  const auto ids =
      pipeline::open_tokenizer(files, checkpoint).encode(text::clean_prompt(prompt), model::text_length);
  const at::Tensor row = at::tensor(ids, at::kInt).to(at::kLong);
  const auto length = static_cast<std::int64_t>(ids.size());
  if (!row.equal(expected_ids[0].slice(0, 0, length))) throw Error::bad_request("other token ids");
  const model::Umt5Encoder encoder({checkpoint, at::kFloat, at::kCPU},
                                   model::infer_text_encoder_config(checkpoint));
  return encoder.encode(row.unsqueeze(0), {length});
}

}  // namespace

void check_pipeline(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  const auto& config = manifest["config"];
  const testing::ScratchDir scratch;
  const auto path_of = [&](const char* key) {
    const auto text = config[key].get<std::string>();
    return folder / text.substr(0, text.find(' '));
  };
  spec::ModelFiles files;
  files.dit = path_of("t2v_dit");
  files.vae = path_of("vae");
  files.tokenizer = path_of("tokenizer");
  files.text_encoder = folder / "t5_bf16.pth";
  const auto dit_manifest = read_json(files.dit.parent_path() / "manifest.json");
  for (const auto& [net, values] : dit_manifest["config"].items())
    if (values["ckpt"]["fp32"] == files.dit.filename().string()) {
      files.config = scratch.path() / "config.json";
      std::ofstream(files.config) << nlohmann::json{{"dit", {{"num_heads", values["heads"]}}}};
    }
  spec::ModelFiles embedded = files;
  embedded.text_encoder = folder / "t5_comfy_f16.safetensors";
  embedded.tokenizer.clear();

  for (const auto& [name, values] : manifest["cases"].items()) {
    if (values["kind"] != "t2v") {
      report.unsupported("11_pipeline/" + name);
      continue;
    }
    const TensorFile file(folder / (name + ".safetensors"));
    const auto stem = "11_pipeline/" + name;
    report.check(stem + "/text_emb", 3e-6, [&] {
      return distance(embedding(files, values["prompt"], file.integers("ids")), file.f32("text_emb")).rel_l2;
    });
    if (fs::exists(embedded.text_encoder))
      report.check(stem + "/text_emb/" + embedded.text_encoder.filename().string(), 3e-6, [&] {
        return distance(embedding(embedded, values["prompt"], file.integers("ids")), file.f32("text_emb"))
            .rel_l2;
      });
    if (!report.wants_folder(stem)) continue;
    const Outcome exact = generate(files, values, file, spec::Precision::fp32, scratch.path());
    report.check(stem + "/latents/fp32", 5e-5,
                 [&] { return distance(exact.latents, file.f32("latents")).rel_l2; });
    report.check(stem + "/frames/fp32", 0.002,
                 [&] { return frames_off(exact.frames, file.integers("frames_uint8")); });
    const Outcome fast = generate(files, values, file, spec::Precision::automatic, scratch.path());
    report.check(stem + "/latents/default", default_tolerance(manifest, name),
                 [&] { return distance(fast.latents, file.f32("latents")).rel_l2; });
    report.check(stem + "/frames/default", 0.03,
                 [&] { return distance(fast.frames.to(at::kFloat), file.f32("frames_uint8")).rel_l2; });
  }
}

}  // namespace turbodiff::parity
