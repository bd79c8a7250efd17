// The config.json that a converted checkpoint carries in its own header.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace turbodiff::spec {

/// Name under which safetensors metadata hold it.
inline constexpr const char* embedded_config_key = "turbodiff.config";

/// The JSON text in the metadata of a safetensors file; nothing for any other file, readable or not. Reads
/// the beginning of the header only.
std::optional<std::string> embedded_config(const std::filesystem::path& checkpoint);

}  // namespace turbodiff::spec
