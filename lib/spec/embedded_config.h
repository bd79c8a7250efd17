// The config.json that a converted checkpoint carries in its header.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace turbodiff::spec {

/// Its key in the safetensors metadata.
inline constexpr const char* embedded_config_key = "turbodiff.config";

/// The JSON text in the metadata of a safetensors file; nothing for any other file, readable or not. Reads
/// the beginning of the header only.
std::optional<std::string> embedded_config(const std::filesystem::path& checkpoint);

}  // namespace turbodiff::spec
