#include "spec/model_files.h"

namespace turbodiff::spec {

std::vector<std::pair<std::string, std::filesystem::path>> ModelFiles::present() const {
  std::vector<std::pair<std::string, std::filesystem::path>> list;
  const auto add = [&](const char* role, const std::filesystem::path& path) {
    if (!path.empty()) list.emplace_back(role, path);
  };
  add("dit", dit);
  add("high_noise_model", dit_high_noise);
  add("low_noise_model", dit_low_noise);
  add("vae", vae);
  add("text_encoder", text_encoder);
  add("tokenizer", tokenizer);
  add("config", config);
  return list;
}

}  // namespace turbodiff::spec
