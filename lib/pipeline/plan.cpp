#include "pipeline/plan.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/os/system_info.h"
#include "core/text/counted.h"
#include "core/units.h"
#include "model/parameters.h"

namespace turbodiff::pipeline {

namespace {

constexpr std::int64_t typical_prompt_tokens = 64;
/// LibTorch, FFmpeg and the program itself.
constexpr double program_bytes = 400e6;

void require_supported(const spec::GenerationRequest& request) {
  if (request.image) throw Error::bad_request("image to video is not in this version", "leave out --image");
  if (request.sampler != spec::Sampler::rcm)
    throw Error::bad_request(
        fmt::format("the sampler '{}' is not in this version", spec::name_of(request.sampler)),
        "use --sampler rcm with a distilled checkpoint");
  if (request.rng == spec::Rng::cuda && !cuda_available())
    throw Error::bad_request("--rng cuda needs a CUDA device, and none answers", "leave it out");
}

/// Whether the weights of this part are read where its file is mapped, by the type of one of them.
bool used_in_place(const weights::Checkpoint& checkpoint, const char* name, at::ScalarType type,
                   bool on_cpu) {
  const auto* view = checkpoint.find(name);
  const Dtype stored =
      view != nullptr && view->block == weights::BlockFormat::none ? view->dtype : Dtype::f64;
  return on_cpu && model::scalar_type_of(stored) == type;
}

/// In bytes.
struct MemoryNeed {
  double peak = 0;    ///< with the program itself
  double held = 0;    ///< weights copied into memory
  double mapped = 0;  ///< weights used where the files are mapped
};

/// Of `plan`, whose shapes and runtime are settled, with linear layers of this kind.
MemoryNeed memory_need(const spec::GenerationRequest& request, const Components& components, const Plan& plan,
                       model::LinearKind kind) {
  const auto element = static_cast<std::int64_t>(c10::elementSize(plan.runtime.type));
  const auto text_element = static_cast<std::int64_t>(c10::elementSize(plan.runtime.text_type));
  const bool on_cpu = plan.runtime.device.is_cpu(), int8 = kind == model::LinearKind::int8;
  MemoryNeed need;
  const auto hold = [&](double bytes, bool in_place) { (in_place ? need.mapped : need.held) += bytes; };
  hold(weight_bytes(components.dit, int8 ? 1 : element),
       !int8 && used_in_place(components.dit, "blocks.0.ffn.0.weight", plan.runtime.type, on_cpu));
  hold(weight_bytes(components.vae, element),
       used_in_place(components.vae, "decoder.conv1.weight", plan.runtime.type, on_cpu));
  const double samples = request.grid ? request.num_samples : 1;
  need.peak = program_bytes +
              std::max({text_encoder_memory(components.text_config, typical_prompt_tokens, text_element),
                        dit_memory(components.dit_config, plan.tokens, element, need.held),
                        need.held + samples * vae_decode_memory(components.vae, plan.latent, element)});
  return need;
}

}  // namespace

Plan make_plan(const spec::GenerationRequest& request, const Components& components,
               const std::filesystem::path& cache_folder) {
  const auto& dit = components.dit_config;
  require_supported(request);
  Plan plan;
  plan.latent = latent_shape(components.vae_config, request.frames, request.size.width, request.size.height);
  if (plan.latent[2] % dit.patch[1] != 0 || plan.latent[3] % dit.patch[2] != 0)
    throw Error::bad_request(
        fmt::format("--size {}x{} does not fit this model", request.size.width, request.size.height),
        fmt::format("width must be a multiple of {}, height of {}",
                    dit.patch[2] * components.vae_config.spatial_factor,
                    dit.patch[1] * components.vae_config.spatial_factor));
  plan.tokens = token_count(dit, plan.latent);
  plan.attention = settle_attention(request.attention, dit);
  if (plan.attention != spec::Attention::original)
    plan.key_blocks = key_blocks(plan.tokens, request.sla_topk);
  const double step_flops =
      dit_flops(dit, plan.tokens, typical_prompt_tokens, plan.key_blocks ? plan.key_blocks->share() : 1);
  plan.text_flops = text_encoder_flops(components.text_config, typical_prompt_tokens);
  plan.denoise_flops = step_flops * request.steps;
  plan.linear_flops = dit_linear_flops(dit, plan.tokens) * request.steps;
  plan.decode_flops = vae_decode_flops(components.vae, plan.latent);
  plan.runtime = resolve_runtime(request, std::max(step_flops, plan.decode_flops));
  plan.ignores_sparse_attention = dit.sparse_linear_attention && plan.attention == spec::Attention::original;

  const bool on_cpu = plan.runtime.device.is_cpu();
  const std::uint64_t total_bytes = on_cpu ? core::memory_info().total_bytes : 0;
  const auto need_of = [&](model::LinearKind kind) { return memory_need(request, components, plan, kind); };
  const auto fits = [&](const MemoryNeed& need) {
    return !on_cpu || need.peak <= static_cast<double>(total_bytes);
  };
  plan.linear = settle_linear(request.quant_linear, dit, plan.runtime, cache_folder, [&] {
    return !fits(need_of(model::LinearKind::plain)) && fits(need_of(model::LinearKind::int8));
  });
  const MemoryNeed need = need_of(plan.linear.kind);
  plan.memory_bytes = static_cast<std::int64_t>(need.peak);
  plan.mapped_bytes = static_cast<std::int64_t>(need.mapped);

  const auto element = static_cast<std::int64_t>(c10::elementSize(plan.runtime.type));
  const auto text_element = static_cast<std::int64_t>(c10::elementSize(plan.runtime.text_type));
  const auto add = [&](const Traffic& of, double times) {
    plan.traffic.bytes += of.bytes * times;
    plan.traffic.operators += of.operators * times;
  };
  add(text_encoder_traffic(components.text_config, typical_prompt_tokens, text_element), 1);
  add(dit_traffic(dit, plan.tokens, element), request.steps);
  add(vae_decode_traffic(components.vae, plan.latent, element), 1);
  plan.loaded_bytes = need.held;
  if (!used_in_place(components.text_encoder, "blocks.0.attn.q.weight", plan.runtime.text_type, on_cpu)) {
    // Of the embedding only the rows of the prompt are read.
    const auto* embedding = components.text_encoder.find("token_embedding.weight");
    plan.loaded_bytes += weight_bytes(components.text_encoder, text_element) -
                         static_cast<double>((embedding != nullptr ? embedding->numel() : 0) * text_element);
  }
  plan.pixels = static_cast<double>(request.frames) * request.size.width * request.size.height;

  if (!fits(need))
    throw Error::refused(
        fmt::format("{}x{}, {} in {} needs about {} of memory and this machine has {}", request.size.width,
                    request.size.height, core::counted(request.frames, "frame"), plan.runtime.type_name(),
                    core::format_bytes(static_cast<std::uint64_t>(plan.memory_bytes)),
                    core::format_bytes(total_bytes)),
        "lower --size or --frames, or use --dtype bf16");
  return plan;
}

}  // namespace turbodiff::pipeline
