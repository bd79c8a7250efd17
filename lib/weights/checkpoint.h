// One component's weights under canonical names, independent of the names in the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weights/name_map.h"
#include "weights/tensor_source.h"

namespace turbodiff::weights {

/// The tensors of a diffusion transformer, VAE or text encoder file, by canonical name (see name_map.h).
/// Cheap to copy; views stay valid as long as they, the checkpoint or a copy of it live.
class Checkpoint {
 public:
  /// Opens `path` as `component`. `patch_embedding.weight` of a DiT is given as [dim, in_dim · pt · ph · pw]
  /// even where the file has it 5-dimensional. Error bad_request when the file cannot be read, or is not such
  /// a component (the message then says what it looks like), or holds scaled fp8 weights.
  static Checkpoint open(const std::filesystem::path& path, Component component);
  static Checkpoint from(std::shared_ptr<const TensorSource> source, Component component);

  Component component() const { return component_; }
  const TensorSource& source() const { return *source_; }
  const std::filesystem::path& path() const { return source_->path(); }
  /// Canonical names in file order.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view canonical) const { return find(canonical) != nullptr; }
  /// Null when there is no such tensor. The view's name is the canonical one; it may be unreadable.
  const TensorView* find(std::string_view canonical) const;
  /// Error bad_request that names tensor and file when it is missing or its values cannot be read.
  const TensorView& at(std::string_view canonical) const;
  /// The same, and an error that names tensor, file and both shapes when the shape is another.
  const TensorView& at(std::string_view canonical, const std::vector<std::int64_t>& shape) const;

  /// "turbodiffusion" (DiT with a 2-dimensional patch embedding or SLA weights), "wan", "comfyui" (Wan names
  /// behind ComfyUI's prefix), "diffusers", "huggingface" or "llama.cpp".
  const std::string& convention() const { return convention_; }
  /// Shape the patch embedding has in the file, [dim, in_dim, pt, ph, pw] or [dim, n]; empty for other
  /// components.
  const std::vector<std::int64_t>& patch_embedding_shape() const { return patch_embedding_shape_; }
  /// Number of `blocks.N.` present (0 for a VAE). Error bad_request when the numbering has a hole.
  std::int64_t block_count() const;
  /// Source names that are not part of the component (`scaled_fp8`, optimiser state, another component, ...).
  const std::vector<std::string>& unknown_names() const { return unknown_; }
  /// The SentencePiece model that ComfyUI puts into text encoder files as tensor `spiece_model`; empty when
  /// absent.
  std::string embedded_tokenizer() const;

 private:
  Checkpoint() = default;

  Component component_ = Component::dit;
  std::shared_ptr<const TensorSource> source_;
  std::string convention_;
  std::vector<std::string> names_;
  std::vector<TensorView> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> unknown_;
  std::vector<std::int64_t> patch_embedding_shape_;
};

}  // namespace turbodiff::weights
