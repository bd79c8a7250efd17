#include "weights/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "weights/byte_reader.h"

namespace turbodiff::weights {
namespace {

const char* const incomplete_hint =
    "the file is incomplete or of another model; if it is one of several shards, pass their "
    "*.safetensors.index.json";
constexpr std::string_view lora = "a LoRA";
constexpr std::string_view patch_embedding = "patch_embedding.weight";

[[noreturn]] void wrong_component(const TensorSource& source, Component component,
                                  const NameMapping& mapping) {
  const std::string path = source.path().string();
  const std::string message = "'" + path + "' holds no " + std::string(name_of(component));
  const std::string contents = describe_contents(source.names());
  for (const Component other : {Component::dit, Component::vae, Component::text_encoder})
    if (contents == "a " + std::string(name_of(other)))
      throw Error::bad_request(message + "; it looks like " + contents,
                               "pass it as " + std::string(option_of(other)) + " instead");
  if ((contents.empty() || contents.starts_with("a part of")) && !mapping.lacking.empty())
    throw Error::bad_request("'" + path + "' lacks tensor '" + mapping.lacking.front() + "' of the " +
                                 std::string(name_of(component)),
                             incomplete_hint);
  if (contents.starts_with("a part of"))
    throw Error::bad_request(message + "; it looks like " + contents,
                             "if it is one of several shards, pass their *.safetensors.index.json");
  if (contents == lora)
    throw Error::bad_request(message + "; it looks like " + contents,
                             "a LoRA changes a transformer and is none: pass the transformer itself");
  if (!contents.empty())
    throw Error::bad_request(message + "; it looks like " + contents, "pass the file of a Wan 2.1 model");
  const std::string example = source.names().empty() ? "" : printable(source.names().front());
  throw Error::bad_request(message + (example.empty() ? "" : "; its first tensor is '" + example + "'"),
                           "pass the file of a Wan 2.1 model");
}

/// A LoRA may bring whole tensors of a transformer along, such as its first projection, but not its blocks.
bool is_adapter(const NameMapping& mapping, const TensorSource& source) {
  const bool has_layers = std::any_of(mapping.names.begin(), mapping.names.end(), [](const NamePair& name) {
    return name.canonical.starts_with("blocks.") &&
           (name.canonical.ends_with(".weight") || name.canonical.ends_with(".int8_weight"));
  });
  return !has_layers && has_adapter_names(source.names());
}

[[noreturn]] void ambiguous(const TensorSource& source, const NameMapping& mapping) {
  throw Error::bad_request("'" + source.path().string() + "' holds " +
                               std::to_string(mapping.rivals.size() + 1) + " networks of one kind, under '" +
                               printable(mapping.prefix) + "' and '" + printable(mapping.rivals.front()) +
                               "'",
                           "write the one that is meant into a file of its own");
}

/// `patch_embedding.weight` as the matrix of a linear layer over the flattened patch.
TensorView as_matrix(TensorView view) {
  if (view.shape.size() <= 2) return view;
  const std::int64_t rows = view.shape[0];
  return rows == 0 ? view : reshaped(view, {rows, view.numel() / rows});
}

std::string convention_of(const NameMapping& mapping, const std::vector<std::int64_t>& patch_shape) {
  if (mapping.convention != "wan") return mapping.convention;
  if (mapping.prefix.ends_with("diffusion_model.")) return "comfyui";
  if (patch_shape.size() == 2) return "turbodiffusion";
  for (const NamePair& name : mapping.names)
    if (name.canonical.find(".proj_l.") != std::string::npos || name.canonical.ends_with(".int8_weight"))
      return "turbodiffusion";
  return mapping.convention;
}

/// ComfyUI's scaled fp8 files keep a factor beside each weight; without it the values mean nothing.
void refuse_scaled_fp8(const TensorSource& source, const NameMapping& mapping) {
  for (const NamePair& name : mapping.names) {
    if (!name.canonical.ends_with(".scale_weight") && !name.canonical.ends_with(".weight_scale")) continue;
    throw Error::bad_request("'" + source.path().string() + "' holds scaled fp8 weights ('" +
                                 printable(name.source) + "'), which are not supported",
                             "pass the bf16 or fp16 file of the same model");
  }
}

}  // namespace

Checkpoint Checkpoint::open(const std::filesystem::path& path, Component component) {
  return from(TensorSource::open(path), component);
}

Checkpoint Checkpoint::from(std::shared_ptr<const TensorSource> source, Component component) {
  NameMapping mapping = map_names(component, source->names());
  if (mapping.names.empty() || is_adapter(mapping, *source)) wrong_component(*source, component, mapping);
  if (!mapping.rivals.empty()) ambiguous(*source, mapping);
  refuse_scaled_fp8(*source, mapping);
  Checkpoint checkpoint;
  checkpoint.component_ = component;
  for (const NamePair& name : mapping.names) {
    TensorView view = *source->find(name.source);
    view.name = name.canonical;
    if (component == Component::dit && name.canonical == patch_embedding) {
      checkpoint.patch_embedding_shape_ = view.shape;
      view = as_matrix(std::move(view));
    }
    checkpoint.index_.emplace(name.canonical, checkpoint.tensors_.size());
    checkpoint.names_.push_back(name.canonical);
    checkpoint.tensors_.push_back(std::move(view));
  }
  checkpoint.convention_ = convention_of(mapping, checkpoint.patch_embedding_shape_);
  checkpoint.unknown_ = std::move(mapping.unknown);
  checkpoint.source_ = std::move(source);
  return checkpoint;
}

const TensorView* Checkpoint::find(std::string_view canonical) const {
  const auto found = index_.find(std::string(canonical));
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const TensorView& Checkpoint::at(std::string_view canonical) const {
  if (const TensorView* view = find(canonical)) {
    require_readable(*view, path().string());
    return *view;
  }
  throw Error::bad_request("'" + path().string() + "' lacks tensor '" + std::string(canonical) + "' of the " +
                               std::string(name_of(component_)),
                           incomplete_hint);
}

const TensorView& Checkpoint::at(std::string_view canonical, const std::vector<std::int64_t>& shape) const {
  const TensorView& view = at(canonical);
  if (view.shape == shape) return view;
  throw Error::bad_request("tensor '" + std::string(canonical) + "' of '" + path().string() + "' has shape " +
                               shape_text(view.shape) + ", expected " + shape_text(shape),
                           "the file belongs to another model or size than the rest");
}

std::int64_t Checkpoint::block_count() const {
  constexpr std::string_view prefix = "blocks.";
  std::set<std::int64_t> numbers;
  for (const std::string& name : names_) {
    if (!name.starts_with(prefix)) continue;
    std::int64_t number = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    numbers.insert(number);
  }
  const auto count = static_cast<std::int64_t>(numbers.size());
  std::int64_t hole = 0;
  while (numbers.contains(hole)) ++hole;
  if (hole < count)
    throw Error::bad_request("'" + path().string() + "' has blocks up to number " +
                                 std::to_string(*numbers.rbegin()) + ", but only " + std::to_string(count) +
                                 " of them: all tensors 'blocks." + std::to_string(hole) + ".*' are missing",
                             incomplete_hint);
  return count;
}

std::string Checkpoint::embedded_tokenizer() const {
  const TensorView* view = find("spiece_model");
  if (!view) return {};
  std::string bytes(static_cast<std::size_t>(view->numel()) * size_of(view->dtype), '\0');
  copy_elements(*view, reinterpret_cast<std::uint8_t*>(bytes.data()));
  return bytes;
}

}  // namespace turbodiff::weights
