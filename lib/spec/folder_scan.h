// What a file in a model folder is, judged by its name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::spec {

enum class FileRole { dit, dit_high_noise, dit_low_noise, vae, text_encoder, tokenizer };

/// "transformer", "vae", ... for messages.
std::string_view name_of(FileRole role);

struct RoleFile {
  FileRole role;
  std::filesystem::path path;
};

/// Looks at the file's name only: weights end in .pth, .pt, .safetensors, .gguf or .index.json, a tokenizer
/// in .model. `folder` is the name of the folder it is in, which decides in the layouts of diffusers
/// ("transformer", "vae", ...) and ComfyUI ("diffusion_models", "text_encoders", ...). Nothing for a file
/// that is not part of a model, such as a shard, which its index represents.
std::optional<FileRole> role_of(std::string_view file_name, std::string_view folder = {});

/// The model files directly in `folder`, sorted by name.
std::vector<RoleFile> scan_files(const std::filesystem::path& folder);

/// scan_files() of the folder and of the subfolders of known layouts.
std::vector<RoleFile> scan_folder(const std::filesystem::path& folder);

/// The name of the model in a folder: the folder's name, or for a snapshot in a cache of the Hugging Face hub
/// (models--OWNER--NAME/snapshots/HASH) the repository's name.
std::string model_name_of(const std::filesystem::path& folder);

/// The folders directly below `folder` in which models may be, sorted, without hidden ones. A repository in a
/// cache of the hub is replaced by its snapshots, first the one that `main` points to.
std::vector<std::filesystem::path> model_folders_in(const std::filesystem::path& folder);

/// The snapshots of a repository in a cache of the hub, as above; empty for any other folder.
std::vector<std::filesystem::path> snapshots_in(const std::filesystem::path& repository);

/// Whether `folder` directly contains files in model formats whose role cannot be told from their names.
bool holds_unknown_files(const std::filesystem::path& folder);

}  // namespace turbodiff::spec
