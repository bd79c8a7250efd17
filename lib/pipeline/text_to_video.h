// Text to video: from a prompt to frames.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/progress.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "pipeline/components.h"
#include "pipeline/frames.h"
#include "pipeline/plan.h"
#include "pipeline/runtime.h"
#include "pipeline/step_checkpoint.h"
#include "sampler/noise_source.h"
#include "spec/generation_request.h"

namespace turbodiff::pipeline {

/// Holds one model. Networks are loaded when they are first needed and kept for the next generation; the text
/// encoder is freed before the transformer runs. Not thread-safe.
class TextToVideo {
 public:
  /// Optional inputs and outputs of generate().
  struct Extras {
    /// Gets `latents` [N, C, T, H, W], `noise` of the same shape and, unless ODE, `step_noise`
    /// [S, N, C, T, H, W], fp32 as safetensors; of one sample, what NoiseSource::from_file() takes.
    std::filesystem::path save_latents = {};
    const StepCheckpoint* checkpoint = nullptr;  ///< every finished step is stored there, and resumed from
    PreviewSink* preview = nullptr;              ///< receives previews of the first frame
  };
  struct Options {
    std::filesystem::path cache_folder;  ///< of prompt embeddings and fingerprints; empty: none is kept
  };

  /// Reads headers only. Errors as open_components().
  TextToVideo(spec::ModelFiles files, Options options);

  /// The resources of `request`, and whether it can run at all. Error bad_request for what this version or
  /// model does not support, refused when the memory does not suffice.
  Plan plan(const spec::GenerationRequest& request) const;

  /// Embeds prompts in advance with one pass over the text encoder, so that a list of them needs it once.
  void prepare(std::span<const std::string> prompts, const spec::GenerationRequest& request,
               core::ProgressTracker& progress);

  /// Makes one video: a sample for each seed, side by side. Stages "text", "load", "denoise", "decode" and
  /// "encode" are reported to `progress`; `sink` gets the frames as they are decoded. Error interrupted after
  /// a signal, refused when memory runs out.
  void generate(const spec::GenerationRequest& request, std::span<const std::uint64_t> seeds, FrameSink& sink,
                core::ProgressTracker& progress, const Extras& extras);
  void generate(const spec::GenerationRequest& request, std::span<const std::uint64_t> seeds, FrameSink& sink,
                core::ProgressTracker& progress) {
    generate(request, seeds, sink, progress, Extras());
  }

  const Components& components() const { return components_; }

 private:
  /// Tokens of a prompt that has more than the text encoder reads; nothing when it fits.
  std::optional<std::size_t> cut_prompt(const std::string& prompt) const;
  void embed(std::span<const std::string> prompts, const spec::GenerationRequest& request,
             core::ProgressTracker& progress);
  at::Tensor context_of(const std::string& prompt) const;
  struct Sample;
  std::vector<std::int64_t> noise_shape(const spec::GenerationRequest& request) const;
  sampler::NoiseSource noise_source(const spec::GenerationRequest& request, std::uint64_t seed) const;
  void save_latents(const std::filesystem::path& path, const at::Tensor& latents,
                    const spec::GenerationRequest& request, std::span<const std::uint64_t> seeds) const;
  at::Tensor denoise(const spec::GenerationRequest& request, const Sample& sample,
                     core::ProgressTracker& progress) const;
  void show(const at::Tensor& latents, PreviewSink& preview) const;
  void decode(const at::Tensor& latents, FrameSink& sink, core::ProgressTracker& progress) const;
  void use(const Runtime& runtime);
  void load_networks(const spec::GenerationRequest& request, core::ProgressTracker& progress);

  spec::ModelFiles files_;
  Options options_;
  Components components_;
  Runtime runtime_;
  std::map<std::string, at::Tensor> embeddings_;  // by prompt: [tokens, text_dim] fp32
  std::unique_ptr<model::WanDit> dit_;
  std::unique_ptr<model::WanVae> vae_;
};

}  // namespace turbodiff::pipeline
