#include "bench/benchmark.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/os/signals.h"
#include "model/infer_config.h"
#include "model/tensor_file.h"
#include "model/umt5_encoder.h"
#include "model/wan_dit.h"
#include "model/wan_vae.h"
#include "pipeline/attention_choice.h"
#include "pipeline/estimate.h"
#include "pipeline/torch_errors.h"

namespace turbodiff::bench {

namespace {

void require_finite(const at::Tensor& result, const std::string& what) {
  if (!at::isfinite(result).all().item<bool>())
    throw Error::work_failed(
        fmt::format("{} gives values that are not finite; its timing would mean nothing", what));
}

pipeline::Runtime runtime_of(const BenchmarkInputs& inputs) {
  spec::GenerationRequest request;
  request.device = inputs.device;
  request.dtype = inputs.dtype;
  request.threads = inputs.threads;
  return pipeline::resolve_runtime(request, 1e15);
}

at::Tensor noise(at::IntArrayRef shape) {
  auto generator = at::detail::createCPUGenerator(1);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
}

struct LoadedDit {
  model::DitConfig config;
  model::WanDit dit;
};

LoadedDit load_dit(const BenchmarkInputs& inputs, const pipeline::Runtime& runtime,
                   std::optional<model::LinearKind> kind = std::nullopt) {
  const auto checkpoint = weights::Checkpoint::open(inputs.dit, weights::Component::dit);
  const auto config = model::infer_dit_config(checkpoint, model::read_config_overrides(inputs.config));
  return {config, model::WanDit({checkpoint, runtime.type, runtime.device}, config, {}, kind)};
}

struct LoadedVae {
  weights::Checkpoint checkpoint;
  model::VaeConfig config;
  model::WanVae vae;
};

LoadedVae load_vae(const BenchmarkInputs& inputs, const pipeline::Runtime& runtime) {
  const auto checkpoint = weights::Checkpoint::open(inputs.vae, weights::Component::vae);
  const auto config = model::infer_vae_config(checkpoint);
  return {checkpoint, config,
          model::WanVae({checkpoint, runtime.type, runtime.device}, config, model::WanVae::Parts::decoder)};
}

}  // namespace

Measurement measure_matrix_product(const pipeline::Runtime& runtime) {
  constexpr std::int64_t size = 1536, products = 4;
  const at::Tensor a = noise({size, size}).to(runtime.device, runtime.type);
  at::Tensor c;
  Measurement result =
      fastest(fmt::format("matrix product {0}x{0}x{0} {1}", size, runtime.type_name()), 3, true, [&] {
        for (std::int64_t i = 0; i < products; ++i) c = at::matmul(a, a);
        c.cpu();
      });
  result.gflop = 2.0 * static_cast<double>(products) * static_cast<double>(size * size * size) / 1e9;
  result.peak_gflops = result.gflop / result.core_s;
  return result;
}

namespace {

std::string size_of(const BenchmarkInputs& inputs) {
  return fmt::format("{}x{}x{}", inputs.size.width, inputs.size.height, inputs.frames);
}

using Keep = std::function<void(Measurement)>;

/// One evaluation as the checkpoint is and, where inputs ask for it, one with sparse attention and int8
/// layers.
class TransformerBenchmark {
 public:
  TransformerBenchmark(const BenchmarkInputs& inputs, const pipeline::Runtime& runtime)
      : inputs_(inputs), runtime_(runtime) {}

  void run(const Keep& keep) {
    keep(fastest("load transformer", 1, true, [&] { load_dit(inputs_, runtime_); }));
    LoadedDit loaded = load_dit(inputs_, runtime_);
    config_ = loaded.config;
    const pipeline::LatentShape latent =
        pipeline::latent_shape({}, inputs_.frames, inputs_.size.width, inputs_.size.height);
    tokens_ = pipeline::token_count(config_, latent);
    x_ = noise({1, config_.in_dim, latent[1], latent[2], latent[3]});
    context_ = at::zeros({1, model::text_length, config_.text_dim});
    context_.narrow(1, 0, inputs_.prompt_tokens).copy_(noise({1, inputs_.prompt_tokens, config_.text_dim}));
    const Measurement plain = step(loaded.dit, "", 1);
    keep(plain);

    const spec::Attention attention = pipeline::settle_attention(inputs_.attention, config_);
    const bool sparse = attention != spec::Attention::original,
               int8 = inputs_.quant_linear && !config_.int8_linear;
    if (!sparse && !int8) return;
    std::string how;
    double seen = 1;
    if (sparse) {
      loaded.dit.set_attention({model::SelfAttention::Kind::sla, inputs_.sla_topk});
      how = fmt::format(", {} {}", spec::name_of(attention), inputs_.sla_topk);
      seen = pipeline::key_blocks(tokens_, inputs_.sla_topk).share();
    }
    // What int8 costs: the same network with the same attention, nothing quantised.
    const at::Tensor reference = sparse ? evaluate(loaded.dit, loaded.dit.embed_text(context_)) : out_;
    std::optional<LoadedDit> quantised;
    if (int8) {
      keep(fastest("load transformer in int8", 1, false,
                   [&] { quantised.emplace(load_dit(inputs_, runtime_, model::LinearKind::int8)); }));
      how += ", int8";
    }
    model::WanDit& fast = quantised ? quantised->dit : loaded.dit;
    fast.set_attention({pipeline::kind_of(attention), inputs_.sla_topk});
    Measurement result = step(fast, how, seen);
    result.rel_l2 = ((out_ - reference).norm() / reference.norm()).item<double>();
    result.times_faster = plain.core_s / result.core_s;
    keep(std::move(result));
  }

 private:
  at::Tensor evaluate(const model::WanDit& dit, const model::WanDit::Text& text) const {
    return dit.forward(x_, at::full({1}, 932.0f), text,
                       [](std::int64_t, std::int64_t) { core::throw_if_interrupted(); });
  }

  Measurement step(const model::WanDit& dit, const std::string& how, double seen) {
    const auto text = dit.embed_text(context_);
    Measurement result = fastest(fmt::format("DiT step {} ({} tokens){}", size_of(inputs_), tokens_, how),
                                 inputs_.repeats, true, [&] { out_ = evaluate(dit, text); });
    require_finite(out_, "the transformer");
    result.gflop = pipeline::dit_flops(config_, tokens_, inputs_.prompt_tokens + 1, seen) / 1e9;
    return result;
  }

  const BenchmarkInputs& inputs_;
  const pipeline::Runtime& runtime_;
  model::DitConfig config_;
  std::int64_t tokens_ = 0;
  at::Tensor x_, context_, out_;
};

std::vector<Measurement> measure_all(const BenchmarkInputs& inputs,
                                     const std::function<void(const Measurement&)>& on_result) {
  const c10::InferenceMode inference;
  const pipeline::Runtime runtime = runtime_of(inputs);
  pipeline::apply(runtime);
  std::vector<Measurement> results;
  double peak = 0;
  const auto keep = [&](Measurement result) {
    if (result.gflop > 0) result.peak_gflops = peak;
    results.push_back(result);
    if (on_result) on_result(result);
  };
  Measurement product = measure_matrix_product(runtime);
  peak = product.peak_gflops;
  keep(std::move(product));

  if (!inputs.text_encoder.empty()) {
    const auto checkpoint = weights::Checkpoint::open(inputs.text_encoder, weights::Component::text_encoder);
    const auto config = model::infer_text_encoder_config(checkpoint);
    const model::Umt5Encoder encoder({checkpoint, runtime.text_type, runtime.device}, config);
    const at::Tensor ids = at::arange(inputs.prompt_tokens, at::kLong).remainder(config.vocab).unsqueeze(0);
    at::Tensor out;
    Measurement text =
        fastest(fmt::format("text encode, {} tokens, {} layers", inputs.prompt_tokens, config.layers),
                inputs.repeats, true, [&] { out = encoder.encode(ids, {inputs.prompt_tokens}); });
    require_finite(out, "the text encoder");
    text.gflop = pipeline::text_encoder_flops(config, inputs.prompt_tokens) / 1e9;
    keep(std::move(text));
  }
  if (!inputs.dit.empty()) TransformerBenchmark(inputs, runtime).run(keep);
  if (!inputs.vae.empty()) {
    const auto loaded = load_vae(inputs, runtime);
    const pipeline::LatentShape latent =
        pipeline::latent_shape(loaded.config, inputs.frames, inputs.size.width, inputs.size.height);
    const at::Tensor z = noise({1, latent[0], latent[1], latent[2], latent[3]});
    Measurement decode = fastest(fmt::format("VAE decode {}", size_of(inputs)), inputs.repeats, false, [&] {
      loaded.vae.decode(z, [](const at::Tensor& chunk) {
        core::throw_if_interrupted();
        require_finite(chunk, "the VAE");
      });
    });
    decode.gflop = pipeline::vae_decode_flops(loaded.checkpoint, latent) / 1e9;
    keep(std::move(decode));
  }
  return results;
}

Measurement measure_peer_case(const BenchmarkInputs& inputs, const std::filesystem::path& input,
                              const std::filesystem::path& output) {
  const c10::InferenceMode inference;
  const pipeline::Runtime runtime = runtime_of(inputs);
  pipeline::apply(runtime);
  const auto file = weights::TensorSource::open(input);
  const auto read = [&](const char* name) {
    const auto& view = file->at(name);
    at::Tensor values = at::empty(view.shape, at::kFloat);
    weights::read_as_f32(view, values.mutable_data_ptr<float>());
    return values;
  };
  if (inputs.dit.empty() == inputs.vae.empty())
    throw Error::bad_request("a peer case runs one network", "pass either --dit or --vae");
  at::Tensor out;
  Measurement result;
  if (!inputs.dit.empty()) {
    auto loaded = load_dit(inputs, runtime,
                           inputs.quant_linear ? std::optional(model::LinearKind::int8) : std::nullopt);
    loaded.dit.set_attention(
        {pipeline::kind_of(pipeline::settle_attention(inputs.attention, loaded.config)), inputs.sla_topk});
    const at::Tensor x = read("x"), timesteps = read("timesteps").flatten(), context = read("context");
    // The text is embedded within the time taken, as in the program compared with.
    result = fastest("DiT step", inputs.repeats, true,
                     [&] { out = loaded.dit.forward(x, timesteps, loaded.dit.embed_text(context)); });
  } else {
    const auto loaded = load_vae(inputs, runtime);
    const at::Tensor latent = read("latent");
    result = fastest("VAE decode", inputs.repeats, false, [&] { out = loaded.vae.decode(latent); });
  }
  require_finite(out, result.name);
  model::save_tensors(output, {{"out", out}});
  return result;
}

}  // namespace

std::vector<Measurement> run_benchmarks(const BenchmarkInputs& inputs,
                                        const std::function<void(const Measurement&)>& on_result) {
  return pipeline::with_torch_errors([&] { return measure_all(inputs, on_result); });
}

Measurement run_peer_case(const BenchmarkInputs& inputs, const std::filesystem::path& input,
                          const std::filesystem::path& output) {
  return pipeline::with_torch_errors([&] { return measure_peer_case(inputs, input, output); });
}

}  // namespace turbodiff::bench
