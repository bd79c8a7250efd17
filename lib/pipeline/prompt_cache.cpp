#include "pipeline/prompt_cache.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "model/tensor_file.h"
#include "weights/tensor_source.h"

namespace turbodiff::pipeline {

namespace {
namespace fs = std::filesystem;
constexpr const char* tensor_name = "embedding";
constexpr std::uintmax_t max_cache_bytes = 256u << 20;
}  // namespace

PromptCache::PromptCache(fs::path folder, std::string identity)
    : folder_(std::move(folder)), identity_(std::move(identity)) {}

fs::path PromptCache::path_of(std::string_view clean_prompt) const {
  core::Sha256 hash;
  hash.update("turbodiff prompt 1\n").update(identity_).update("\n").update(clean_prompt);
  return folder_ / (hash.hex() + ".safetensors");
}

std::optional<at::Tensor> PromptCache::find(std::string_view clean_prompt) const {
  if (folder_.empty()) return std::nullopt;
  const fs::path path = path_of(clean_prompt);
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  try {
    const auto file = weights::TensorSource::open(path);
    const auto& view = file->at(tensor_name);
    if (view.shape.size() != 2 || view.dtype != Dtype::f32) return std::nullopt;
    at::Tensor embedding = model::load_tensor(*file, tensor_name);
    fs::last_write_time(path, fs::file_time_type::clock::now(), error);
    return embedding;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void PromptCache::store(std::string_view clean_prompt, const at::Tensor& embedding) const {
  if (folder_.empty()) return;
  try {
    fs::create_directories(folder_);
    model::save_tensors(path_of(clean_prompt), {{tensor_name, embedding}});
    trim();
  } catch (const Error&) {
  } catch (const fs::filesystem_error&) {
  }
}

/// Removes the entries used longest ago until the rest fits.
void PromptCache::trim() const {
  struct Entry {
    fs::file_time_type used;
    std::uintmax_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(folder_, error)) {
    if (item.path().extension() != ".safetensors") continue;
    const auto bytes = item.file_size(error);
    const auto used = item.last_write_time(error);
    if (error) continue;
    entries.push_back({used, bytes, item.path()});
    total += bytes;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= max_cache_bytes) break;
    fs::remove(entry.path, error);
    total -= entry.bytes;
  }
}

}  // namespace turbodiff::pipeline
