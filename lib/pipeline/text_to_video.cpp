#include "pipeline/text_to_video.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "model/tensor_file.h"
#include "model/umt5_encoder.h"
#include "ops/cpu/block_cache.h"
#include "pipeline/finite.h"
#include "pipeline/prompt_cache.h"
#include "pipeline/torch_errors.h"
#include "sampler/noise_schedule.h"
#include "sampler/noise_source.h"
#include "sampler/rcm_sampler.h"
#include "spec/fingerprint.h"
#include "text/clean_prompt.h"

namespace turbodiff::pipeline {

namespace {

/// Everything but the prompt that an embedding depends on.
std::string text_identity(const spec::ModelFiles& files, const std::filesystem::path& cache_folder,
                          const Runtime& runtime) {
  spec::FingerprintCache fingerprints(cache_folder);
  std::string identity = c10::toString(runtime.text_type);
  for (const auto& part : spec::files_behind(files.text_encoder))
    identity += "\n" + fingerprints.fingerprint_of(part);
  if (!files.tokenizer.empty()) identity += "\n" + fingerprints.fingerprint_of(files.tokenizer);
  fingerprints.save();
  return identity;
}

}  // namespace

TextToVideo::TextToVideo(spec::ModelFiles files, Options options)
    : files_(std::move(files)), options_(std::move(options)), components_(open_components(files_)) {}

Plan TextToVideo::plan(const spec::GenerationRequest& request) const {
  Plan plan = make_plan(request, components_, options_.cache_folder);
  plan.cut_prompt = cut_prompt(request.prompt);
  return plan;
}

std::optional<std::size_t> TextToVideo::cut_prompt(const std::string& prompt) const {
  const std::string clean = text::clean_prompt(prompt);
  // A token takes at least a byte; two are the mark of a word's beginning and the end.
  if (clean.size() + 2 <= static_cast<std::size_t>(model::text_length)) return std::nullopt;
  const auto tokens = components_.tokenizer.encode(clean, clean.size() * 2 + 2).size();
  return tokens > static_cast<std::size_t>(model::text_length) ? std::optional(tokens) : std::nullopt;
}

void TextToVideo::use(const Runtime& runtime) {
  if (runtime.device != runtime_.device || runtime.type != runtime_.type) {
    dit_.reset();
    vae_.reset();
  }
  if (runtime.text_type != runtime_.text_type) embeddings_.clear();
  runtime_ = runtime;
  apply(runtime_);
}

void TextToVideo::prepare(std::span<const std::string> prompts, const spec::GenerationRequest& request,
                          core::ProgressTracker& progress) {
  with_torch_errors([&] { embed(prompts, request, progress); });
}

void TextToVideo::embed(std::span<const std::string> prompts, const spec::GenerationRequest& request,
                        core::ProgressTracker& progress) {
  use(make_plan(request, components_, options_.cache_folder).runtime);
  const std::filesystem::path folder =
      options_.cache_folder.empty() ? std::filesystem::path{} : options_.cache_folder / "prompts";
  const PromptCache cache(folder,
                          folder.empty() ? "" : text_identity(files_, options_.cache_folder, runtime_));

  std::vector<std::pair<std::string, std::string>> missing;  // prompt, clean prompt
  for (const std::string& prompt : prompts) {
    if (embeddings_.contains(prompt)) continue;
    std::string clean = text::clean_prompt(prompt);
    if (auto known = cache.find(clean);
        known && known->size(1) == components_.text_config.dim && is_finite(*known))
      embeddings_[prompt] = *known;
    else
      missing.emplace_back(prompt, std::move(clean));
  }
  if (missing.empty()) return;

  const model::Umt5Encoder encoder({components_.text_encoder, runtime_.text_type, runtime_.device},
                                   components_.text_config);
  const auto layers = components_.text_config.layers;
  core::ProgressStage stage(progress, "text", layers * static_cast<std::int64_t>(missing.size()));
  std::int64_t done = 0;
  for (const auto& [prompt, clean] : missing) {
    const auto tokens = components_.tokenizer.encode(clean, model::text_length);
    const at::Tensor ids = at::tensor(tokens, at::kInt).unsqueeze(0);
    const at::Tensor embedding =
        encoder.encode(ids, {static_cast<std::int64_t>(tokens.size())},
                       [&](std::int64_t layer, std::int64_t) { stage.update(done + layer); });
    done += layers;
    Runtime text_runtime = runtime_;
    text_runtime.type = runtime_.text_type;
    require_finite(embedding, "the text encoder", text_runtime);
    embeddings_[prompt] = embedding[0].to(at::kCPU);
    cache.store(clean, embeddings_[prompt]);
  }
}

at::Tensor TextToVideo::context_of(const std::string& prompt) const {
  const at::Tensor& embedding = embeddings_.at(prompt);
  at::Tensor context = at::zeros({1, model::text_length, embedding.size(1)}, at::kFloat);
  context[0].slice(0, 0, embedding.size(0)).copy_(embedding);
  return context;
}

void TextToVideo::load_networks(const spec::GenerationRequest& request, core::ProgressTracker& progress) {
  const model::SelfAttention attention{kind_of(settle_attention(request.attention, components_.dit_config)),
                                       request.sla_topk};
  const model::LinearKind linear =
      settle_linear(request.quant_linear, components_.dit_config, runtime_, options_.cache_folder).kind;
  if (dit_ && dit_->linear_kind() != linear) dit_.reset();
  if (dit_ && vae_) return dit_->set_attention(attention);
  const auto layers = components_.dit_config.layers;
  core::ProgressStage stage(progress, "load", layers + 1);
  dit_ = std::make_unique<model::WanDit>(
      model::Parameters(components_.dit, runtime_.type, runtime_.device), components_.dit_config,
      [&](std::int64_t done, std::int64_t) { stage.update(done); }, linear);
  dit_->set_attention(attention);
  if (!vae_)
    vae_ = std::make_unique<model::WanVae>(model::Parameters(components_.vae, runtime_.type, runtime_.device),
                                           components_.vae_config, model::WanVae::Parts::decoder);
  stage.update(layers + 1);
}

/// One of the samples that go side by side.
struct TextToVideo::Sample {
  std::uint64_t seed = 0;
  std::size_t index = 0, count = 1;
  std::optional<sampler::RcmState> resume = {};
  std::function<void(std::size_t steps_done, const at::Tensor& x)> on_step = {};  ///< may be empty
  std::function<void(const at::Tensor& estimate)> on_estimate = {};               ///< may be empty
};

sampler::NoiseSource TextToVideo::noise_source(const spec::GenerationRequest& request,
                                               std::uint64_t seed) const {
  if (request.noise) return sampler::NoiseSource::from_file(*request.noise, noise_shape(request), seed);
  return request.rng == spec::Rng::cuda ? sampler::NoiseSource::seeded(seed, runtime_.device)
                                        : sampler::NoiseSource::seeded(seed);
}

std::vector<std::int64_t> TextToVideo::noise_shape(const spec::GenerationRequest& request) const {
  const auto [channels, frames, rows, columns] =
      latent_shape(components_.vae_config, request.frames, request.size.width, request.size.height);
  return {1, channels, frames, rows, columns};
}

/// The noise is drawn once more, which is cheap and also right for samples that an earlier process made.
void TextToVideo::save_latents(const std::filesystem::path& path, const at::Tensor& latents,
                               const spec::GenerationRequest& request,
                               std::span<const std::uint64_t> seeds) const {
  const auto shape = noise_shape(request);
  std::vector<at::Tensor> noise, step_noise;
  for (const std::uint64_t seed : seeds) {
    sampler::NoiseSource source = noise_source(request, seed);
    noise.push_back(source.initial(shape));
    std::vector<at::Tensor> steps;
    for (int step = 0; step < request.steps && !request.ode; ++step)
      steps.push_back(source.step(shape, static_cast<std::size_t>(step)));
    if (!steps.empty()) step_noise.push_back(at::stack(steps));
  }
  std::vector<std::pair<std::string, at::Tensor>> tensors = {{"latents", latents}, {"noise", at::cat(noise)}};
  if (!step_noise.empty()) tensors.emplace_back("step_noise", at::cat(step_noise, 1));
  model::save_tensors(path, tensors);
}

at::Tensor TextToVideo::denoise(const spec::GenerationRequest& request, const Sample& sample,
                                core::ProgressTracker& progress) const {
  const sampler::NoiseSource::Shape shape = noise_shape(request);
  sampler::NoiseSource noise = noise_source(request, sample.seed);
  const model::WanDit::Text text = dit_->embed_text(context_of(request.prompt));

  core::ProgressStage stage(
      progress, "denoise", request.steps,
      sample.count > 1 ? fmt::format("sample {} of {}", sample.index + 1, sample.count) : "",
      static_cast<std::int64_t>(sample.index) * request.steps);
  sampler::RcmInputs run;
  run.noise = noise.initial(shape);
  const auto check = [&](const at::Tensor& values, std::size_t step) {
    require_finite(values, fmt::format("step {} of {}", step, request.steps), runtime_, dit_->linear_kind());
  };
  run.times = sampler::rcm_times(request.steps, request.sigma_max);
  run.ode = request.ode;
  run.resume = sample.resume;
  run.denoiser = [&](const at::Tensor& x, double t, std::size_t step) {
    const auto on_block = [&](std::int64_t done, std::int64_t total) {
      stage.update(static_cast<std::int64_t>(step), static_cast<double>(done) / static_cast<double>(total));
    };
    const at::Tensor v =
        dit_->forward(x, at::full({1}, sampler::network_time(t), at::kFloat), text, on_block).cpu();
    check(v, step + 1);
    return v;
  };
  run.step_noise = [&](std::size_t step) { return noise.step(shape, step); };
  run.on_step = [&](std::size_t done, const at::Tensor& x) {
    if (done > 0) check(x, done);  // fresh noise has come in since the network's values were looked at
    if (sample.on_step) sample.on_step(done, x);
    stage.update(static_cast<std::int64_t>(done));
  };
  run.on_estimate = sample.on_estimate;
  return sampler::sample_rcm(run).to(at::kFloat);
}

/// Decodes the first frame alone, from latents made so small that it costs next to nothing.
void TextToVideo::show(const at::Tensor& latents, PreviewSink& preview) const {
  if (!preview.is_wanted()) return;
  constexpr std::int64_t longest = 24;
  at::Tensor first = latents.slice(2, 0, 1).to(at::kFloat);
  const std::int64_t factor = (std::max(first.size(3), first.size(4)) + longest - 1) / longest;
  const std::int64_t by = std::min({factor, first.size(3), first.size(4)});
  if (by > 1) first = at::avg_pool3d(first, {1, by, by});
  vae_->decode(first, [&](const at::Tensor& chunk) {
    const at::Tensor pixels = to_pixels(chunk);
    const std::size_t bytes = static_cast<std::size_t>(pixels[0].numel());
    preview.write({pixels.const_data_ptr<std::uint8_t>(), bytes}, static_cast<int>(pixels.size(2)),
                  static_cast<int>(pixels.size(1)));
  });
}

void TextToVideo::decode(const at::Tensor& latents, FrameSink& sink, core::ProgressTracker& progress) const {
  const std::int64_t chunks = latents.size(2);
  std::int64_t done = 0;
  core::ProgressStage stage(progress, "decode", chunks);
  vae_->decode(latents, [&](const at::Tensor& chunk) {
    require_finite(chunk, fmt::format("decoding latent frame {} of {}", done + 1, chunks), runtime_);
    const at::Tensor pixels = to_pixels(chunk);
    const std::size_t frame_bytes = pixels.nbytes() / static_cast<std::size_t>(pixels.size(0));
    for (std::int64_t frame = 0; frame < pixels.size(0); ++frame)
      sink.write({pixels[frame].const_data_ptr<std::uint8_t>(), frame_bytes});
    stage.update(++done);
  });
}

void TextToVideo::generate(const spec::GenerationRequest& request, std::span<const std::uint64_t> seeds,
                           FrameSink& sink, core::ProgressTracker& progress, const Extras& extras) {
  const StepCheckpoint* checkpoint = extras.checkpoint;
  with_torch_errors([&] {
    const c10::InferenceMode inference;
    embed(std::span(&request.prompt, 1), request, progress);
    load_networks(request, progress);
    std::optional<StepState> kept = checkpoint != nullptr ? checkpoint->read() : std::nullopt;
    if (kept && !(is_finite(kept->x) && std::all_of(kept->finished.begin(), kept->finished.end(), is_finite)))
      kept.reset();
    std::vector<at::Tensor> latents;
    if (kept) latents = kept->finished;
    for (std::size_t i = latents.size(); i < seeds.size(); ++i) {
      Sample sample{.seed = seeds[i], .index = i, .count = seeds.size()};
      if (kept) sample.resume = {kept->steps_done, kept->x};
      kept.reset();
      if (checkpoint != nullptr)
        sample.on_step = [&](std::size_t done, const at::Tensor& x) {
          if (done > 0) checkpoint->write({done, x, latents});
        };
      if (extras.preview != nullptr)
        sample.on_estimate = [&](const at::Tensor& estimate) { show(estimate, *extras.preview); };
      latents.push_back(denoise(request, sample, progress));
    }
    const at::Tensor all = at::cat(latents, 0);
    if (!extras.save_latents.empty()) save_latents(extras.save_latents, all, request, seeds);
    decode(all, sink, progress);
  });
  ops::cpu::trim_block_cache();
}

}  // namespace turbodiff::pipeline
