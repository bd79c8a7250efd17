#include "pipeline/convert.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/signals.h"
#include "core/os/threads.h"
#include "model/infer_config.h"
#include "model/parameters.h"
#include "ops/int8/int8_linear.h"
#include "pipeline/torch_errors.h"
#include "spec/embedded_config.h"
#include "spec/model_catalogue.h"
#include "weights/checkpoint.h"
#include "weights/safetensors_writer.h"

namespace turbodiff::pipeline {

namespace {

using weights::Checkpoint, weights::Component, weights::TensorSpec, weights::TensorView;

constexpr std::int64_t block = 128;

Checkpoint open_any(const Conversion& wanted) {
  if (wanted.component) return Checkpoint::open(wanted.from, *wanted.component);
  for (const Component component : {Component::vae, Component::text_encoder}) {
    try {
      return Checkpoint::open(wanted.from, component);
    } catch (const Error&) {  // not one of these; the error is reported below
    }
  }
  return Checkpoint::open(wanted.from, Component::dit);
}

/// The weight of a linear layer within a block.
bool is_block_linear(const std::string& name) {
  if (!name.starts_with("blocks.") || !name.ends_with(".weight")) return false;
  for (const char* layer :
       {".self_attn.q.", ".self_attn.k.", ".self_attn.v.", ".self_attn.o.", ".cross_attn.q.",
        ".cross_attn.k.", ".cross_attn.v.", ".cross_attn.o.", ".ffn.0.", ".ffn.2."})
    if (name.find(layer) != std::string::npos) return true;
  return false;
}

using Json = nlohmann::ordered_json;

Json parse_object(const std::string& text, const std::string& where) {
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) throw Error::bad_request(fmt::format("'{}' is not a JSON object", where));
  return document;
}

/// The folder that the weights lie in, where config.json stands beside them.
std::filesystem::path folder_of(const std::filesystem::path& from) {
  std::error_code ignored;
  return std::filesystem::is_directory(from, ignored) ? from : std::filesystem::absolute(from).parent_path();
}

/// What a published model's name says, which a file under another name cannot.
Json config_of_name(const std::string& file_name) {
  Json config = Json::object();
  const spec::CatalogueEntry* entry = spec::find_catalogue_entry_by_file(file_name);
  if (entry == nullptr) return config;
  const spec::ModelDefaults& made_for = entry->defaults;
  config["video"] = {{"width", made_for.size.width},
                     {"height", made_for.size.height},
                     {"frames", made_for.frames},
                     {"fps", made_for.fps}};
  if (made_for.distilled.value_or(false))
    config["sampler"] = {{"num_steps", made_for.steps}, {"sigma_max", made_for.sigma_max}};
  return config;
}

/// What weights cannot say and the file has to say itself once it lies elsewhere: what the name, the
/// config.json beside it and its own metadata state, the later of them first. Empty when nothing does.
std::string config_to_carry(const Checkpoint& checkpoint, const std::filesystem::path& from) {
  Json config = config_of_name(from.filename().string());
  const std::filesystem::path beside = folder_of(from) / "config.json";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(beside, ignored)) {
    std::ifstream in(beside, std::ios::binary);
    config.merge_patch(
        parse_object(std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()),
                     beside.string()));
  }
  const auto& metadata = checkpoint.source().metadata();
  if (const auto own = metadata.find(spec::embedded_config_key); own != metadata.end())
    config.merge_patch(parse_object(own->second, from.string()));
  const auto keep_only = [&](const char* section) {
    config = config.contains(section) ? Json{{section, config[section]}} : Json::object();
  };
  if (checkpoint.component() == Component::vae) keep_only("vae");
  if (checkpoint.component() == Component::text_encoder) keep_only("t5");
  if (checkpoint.component() == Component::dit) {
    config.erase("vae");
    config.erase("t5");
  }
  const std::string text = config.empty() ? "" : config.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!text.empty()) model::parse_config_overrides(text, beside.string());
  return text;
}

class Converter {
 public:
  explicit Converter(const Conversion& wanted)
      : wanted_(wanted), checkpoint_(open_any(wanted)), parameters_(checkpoint_, at::kFloat, at::kCPU) {
    if (wanted.quant_linear && checkpoint_.component() != Component::dit)
      throw Error::bad_request(fmt::format("'{}' is a {}; --quant-linear is for transformers",
                                           wanted.from.string(), weights::name_of(checkpoint_.component())),
                               "leave out --quant-linear");
    if (wanted.quant_linear && checkpoint_.contains("blocks.0.self_attn.q.int8_weight"))
      throw Error::bad_request(fmt::format("'{}' has int8 linear layers already", wanted.from.string()),
                               "leave out --quant-linear");
    config_ = config_to_carry(checkpoint_, wanted.from);
    for (const std::string& name : checkpoint_.names()) plan(name);
    result_.component = checkpoint_.component();
    result_.tensors = static_cast<std::int64_t>(specs_.size());
    result_.dropped = static_cast<std::int64_t>(checkpoint_.unknown_names().size());
  }

  Converted run(const std::function<void(std::uint64_t, std::uint64_t)>& on_bytes) {
    const c10::InferenceMode inference;
    core::OutputFile file(wanted_.to, wanted_.force);
    std::map<std::string, std::string> metadata{{"made_by", "turbodiff convert"}};
    if (!config_.empty()) metadata[spec::embedded_config_key] = config_;
    weights::SafetensorsWriter writer(file.temp_path(), specs_, metadata);
    std::uint64_t done = 0;
    const auto write = [&](const at::Tensor& values) {
      const at::Tensor whole = values.contiguous();
      writer.write({static_cast<const std::uint8_t*>(whole.const_data_ptr()), whole.nbytes()});
      done += whole.nbytes();
    };
    for (const std::string& name : checkpoint_.names()) {
      core::throw_if_interrupted();
      const at::Tensor values = load(*checkpoint_.find(name), type_of(name));
      if (quantises(name)) {
        const ops::Int8Matrix matrix =
            ops::int8_quantise(values.scalar_type() == at::kBFloat16 ? values : values.to(at::kFloat));
        write(matrix.values);
        write(matrix.scales);
      } else {
        write(values);
      }
      parameters_.drop_pages(name);
      if (on_bytes) on_bytes(done, result_.bytes);
    }
    writer.finish();
    file.commit();
    return result_;
  }

 private:
  bool quantises(const std::string& name) const { return wanted_.quant_linear && is_block_linear(name); }

  Dtype type_of(const std::string& name) const {
    const TensorView& view = *checkpoint_.find(name);
    const bool plain = view.block == weights::BlockFormat::none;
    if (plain && !is_floating(view.dtype)) return view.dtype;
    if (name.find(".proj_l.") != std::string::npos || name.ends_with(".scale")) return Dtype::f32;
    return wanted_.dtype.value_or(plain ? view.dtype : Dtype::bf16);
  }

  void plan(const std::string& name) {
    const TensorView& view = checkpoint_.at(name);  // an unreadable one cannot be converted
    std::vector<std::int64_t> shape = view.shape;
    // The patch's extent can only be read from the five-dimensional form.
    if (name == "patch_embedding.weight" && !checkpoint_.patch_embedding_shape().empty())
      shape = checkpoint_.patch_embedding_shape();
    if (quantises(name)) {
      const std::string layer = name.substr(0, name.size() - std::string(".weight").size());
      const auto blocks = [](std::int64_t size) { return (size + block - 1) / block; };
      add({layer + ".int8_weight", Dtype::i8, shape});
      add({layer + ".scale", Dtype::f32, {blocks(shape.at(0)), blocks(shape.at(1))}});
      ++result_.quantised;
    } else {
      add({name, type_of(name), shape});
    }
  }

  void add(TensorSpec spec) {
    std::uint64_t bytes = size_of(spec.dtype);
    for (const std::int64_t size : spec.shape) bytes *= static_cast<std::uint64_t>(size);
    result_.bytes += bytes;
    specs_.push_back(std::move(spec));
  }

  static at::Tensor load(const TensorView& view, Dtype dtype) {
    const at::ScalarType type = model::scalar_type_of(dtype);
    if (view.block == weights::BlockFormat::none) return model::wrap(view).to(type);
    at::Tensor values = at::empty(view.shape, at::kFloat);
    weights::read_as_f32(view, values.mutable_data_ptr<float>());
    return values.to(type);
  }

  const Conversion& wanted_;
  Checkpoint checkpoint_;
  model::Parameters parameters_;
  std::string config_;
  std::vector<TensorSpec> specs_;
  Converted result_;
};

}  // namespace

Converted convert(const Conversion& wanted,
                  const std::function<void(std::uint64_t, std::uint64_t)>& on_bytes) {
  if (wanted.to.extension() != ".safetensors")
    throw Error::bad_request(fmt::format("'{}' does not end in .safetensors", wanted.to.string()),
                             "checkpoints are written as safetensors");
  core::OutputFile::check(wanted.to, wanted.force);
  at::set_num_threads(core::default_threads());
  return with_torch_errors([&] { return Converter(wanted).run(on_bytes); });
}

}  // namespace turbodiff::pipeline
