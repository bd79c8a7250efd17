// The built-in model where the source tree has it.
#pragma once

#include <filesystem>

#include "spec/model_files.h"

namespace turbodiff::testing {

inline spec::ModelFiles demo_files() {
  const std::filesystem::path demo = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "models/demo";
  spec::ModelFiles files;
  files.dit = demo / "dit.pth";
  files.vae = demo / "vae.pth";
  files.text_encoder = demo / "t5.pth";
  files.tokenizer = demo / "spiece.model";
  files.config = demo / "config.json";
  return files;
}

}  // namespace turbodiff::testing
