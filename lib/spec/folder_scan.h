// What a file in a model folder is, by its name.
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
/// in .model. `folder` is the name of the folder it lies in, which decides in the layouts of diffusers
/// ("transformer", "vae", ...) and ComfyUI ("diffusion_models", "text_encoders", ...). Nothing for a file
/// that is no part of a model, among them shards, which their index stands for.
std::optional<FileRole> role_of(std::string_view file_name, std::string_view folder = {});

/// The model files directly in `folder`, sorted by name.
std::vector<RoleFile> scan_files(const std::filesystem::path& folder);

/// scan_files() of the folder and of the subfolders of known layouts.
std::vector<RoleFile> scan_folder(const std::filesystem::path& folder);

/// What the model in a folder is called: the folder's name, but of a snapshot in a cache of the Hugging Face
/// hub (models--OWNER--NAME/snapshots/HASH) the repository's name.
std::string model_name_of(const std::filesystem::path& folder);

/// The folders directly below `folder` in which models may lie, sorted, hidden ones left out. A repository in
/// a cache of the hub stands for its snapshots, the one that `main` points to first.
std::vector<std::filesystem::path> model_folders_in(const std::filesystem::path& folder);

/// The snapshots of a repository in a cache of the hub, as above; empty for any other folder.
std::vector<std::filesystem::path> snapshots_in(const std::filesystem::path& repository);

/// Whether files of a model's formats lie directly in `folder` whose names do not say what they are.
bool holds_unknown_files(const std::filesystem::path& folder);

}  // namespace turbodiff::spec
