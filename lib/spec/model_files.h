// The files that make up a model.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace turbodiff::spec {

/// Paths are absolute; empty where a model has no such file.
struct ModelFiles {
  std::filesystem::path dit;             ///< the transformer, of a model with one
  std::filesystem::path dit_high_noise;  ///< of a model with two (Wan2.2-A14B), instead of `dit`
  std::filesystem::path dit_low_noise;
  std::filesystem::path vae;
  std::filesystem::path text_encoder;
  std::filesystem::path tokenizer;  ///< empty: embedded in the text encoder's file
  std::filesystem::path config;     ///< config.json with what tensor shapes do not tell; may be empty

  bool operator==(const ModelFiles&) const = default;

  /// ("dit", path), ... of those there are, in a fixed order.
  std::vector<std::pair<std::string, std::filesystem::path>> present() const;
};

}  // namespace turbodiff::spec
