// Text embeddings on the disk, so that a prompt seen before needs no text encoder.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::pipeline {

/// One safetensors file per embedding, named by SHA-256 over prompt, encoder fingerprint, tokenizer
/// fingerprint and element type, so everything that could change the result is in the name. fp32, so that a
/// cached run equals an uncached one bit by bit. An unreadable file counts as absent; if a file cannot be
/// written, the prompt is encoded again.
class PromptCache {
 public:
  /// `folder` is created when needed; an empty one turns the cache off. `identity` represents encoder,
  /// tokenizer and type.
  PromptCache(std::filesystem::path folder, std::string identity);

  /// [tokens, dim] fp32
  std::optional<at::Tensor> find(std::string_view clean_prompt) const;
  void store(std::string_view clean_prompt, const at::Tensor& embedding) const;

 private:
  std::filesystem::path path_of(std::string_view clean_prompt) const;
  void trim() const;
  std::filesystem::path folder_;
  std::string identity_;
};

}  // namespace turbodiff::pipeline
