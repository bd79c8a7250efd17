#include "spec/folder_scan.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "core/text/strings.h"

namespace turbodiff::spec {
namespace {

namespace fs = std::filesystem;

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return name.ends_with(end); });
}

bool contains_any(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

struct FolderRole {
  std::string_view folder;
  FileRole role;
};

constexpr std::array<FolderRole, 9> folder_roles = {{
    {"transformer", FileRole::dit},
    {"transformer_2", FileRole::dit_low_noise},
    {"diffusion_models", FileRole::dit},
    {"unet", FileRole::dit},
    {"high_noise_model", FileRole::dit_high_noise},
    {"low_noise_model", FileRole::dit_low_noise},
    {"vae", FileRole::vae},
    {"text_encoder", FileRole::text_encoder},
    {"text_encoders", FileRole::text_encoder},
}};

std::optional<FileRole> role_by_name(std::string_view name) {
  if (contains_any(name, {"vae"})) return FileRole::vae;
  if (name.starts_with("t5") || contains_any(name, {"umt5", "_t5", "-t5", "text_encoder", "text-encoder"}))
    return FileRole::text_encoder;
  const bool transformer = name.starts_with("dit") || contains_any(name, {"wan2", "t2v", "i2v", "transformer",
                                                                          "diffusion_pytorch_model"});
  if (!transformer) return std::nullopt;
  if (contains_any(name, {"-high", "_high"})) return FileRole::dit_high_noise;
  if (contains_any(name, {"-low", "_low"})) return FileRole::dit_low_noise;
  return FileRole::dit;
}

}  // namespace

std::string_view name_of(FileRole role) {
  switch (role) {
    case FileRole::dit:
      return "transformer";
    case FileRole::dit_high_noise:
      return "high-noise transformer";
    case FileRole::dit_low_noise:
      return "low-noise transformer";
    case FileRole::vae:
      return "vae";
    case FileRole::text_encoder:
      return "text encoder";
    case FileRole::tokenizer:
      return "tokenizer";
  }
  return "";
}

std::optional<FileRole> role_of(std::string_view file_name, std::string_view folder) {
  const std::string name = core::to_lower(file_name);
  if (name.starts_with(".")) return std::nullopt;
  if (ends_with_any(name, {"spiece.model", "tokenizer.model"})) return FileRole::tokenizer;
  if (!ends_with_any(name, {".pth", ".pt", ".safetensors", ".gguf", ".index.json"})) return std::nullopt;
  if (!name.ends_with(".index.json") && name.find("-of-0") != std::string::npos) return std::nullopt;
  const auto by_name = role_by_name(name);
  for (const auto& [known, role] : folder_roles) {
    if (core::to_lower(folder) != known) continue;
    if (role != FileRole::dit) return role;
    return by_name == FileRole::dit_high_noise || by_name == FileRole::dit_low_noise ? by_name : role;
  }
  return by_name;
}

std::vector<RoleFile> scan_files(const fs::path& folder) {
  std::vector<RoleFile> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    if (const auto role = role_of(it->path().filename().string(), folder.filename().string()))
      files.push_back({*role, it->path()});
  }
  std::sort(files.begin(), files.end(), [](const RoleFile& a, const RoleFile& b) { return a.path < b.path; });
  return files;
}

std::vector<RoleFile> scan_folder(const fs::path& folder) {
  std::vector<RoleFile> files = scan_files(folder);
  const auto add = [&](const fs::path& subfolder) {
    for (RoleFile& file : scan_files(subfolder)) files.push_back(std::move(file));
  };
  for (const auto& entry : folder_roles) add(folder / entry.folder);
  for (const char* subfolder : {"tokenizer", "umt5-xxl", "google/umt5-xxl"}) add(folder / subfolder);
  return files;
}

namespace {

constexpr std::string_view repository_prefix = "models--";

std::vector<fs::path> sorted_subfolders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->path().filename().string().starts_with("."))
      found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::string model_name_of(const fs::path& folder) {
  const fs::path snapshots = folder.parent_path();
  const std::string repository = snapshots.parent_path().filename().string();
  if (snapshots.filename() == "snapshots" && repository.starts_with(repository_prefix)) {
    const std::size_t name = repository.find("--", repository_prefix.size());
    if (name != std::string::npos && name + 2 < repository.size()) return repository.substr(name + 2);
  }
  return folder.filename().string();
}

std::vector<fs::path> snapshots_in(const fs::path& repository) {
  if (!repository.filename().string().starts_with(repository_prefix)) return {};
  std::vector<fs::path> snapshots = sorted_subfolders(repository / "snapshots");
  std::ifstream in(repository / "refs" / "main");
  std::string main;
  std::getline(in, main);
  std::stable_partition(snapshots.begin(), snapshots.end(),
                        [&](const fs::path& snapshot) { return snapshot.filename() == core::trim(main); });
  return snapshots;
}

std::vector<fs::path> model_folders_in(const fs::path& folder) {
  if (auto own = snapshots_in(folder); !own.empty()) return own;
  std::vector<fs::path> folders;
  for (const fs::path& subfolder : sorted_subfolders(folder)) {
    const std::vector<fs::path> snapshots = snapshots_in(subfolder);
    if (snapshots.empty())
      folders.push_back(subfolder);
    else
      folders.insert(folders.end(), snapshots.begin(), snapshots.end());
  }
  return folders;
}

bool holds_unknown_files(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = core::to_lower(it->path().filename().string());
    if (it->is_regular_file(ignored) && !name.starts_with(".") &&
        ends_with_any(name, {".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".gguf"}) &&
        !role_of(name, folder.filename().string()))
      return true;
  }
  return false;
}

}  // namespace turbodiff::spec
