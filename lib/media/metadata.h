// Metadata of media files: tags for people, and the recipe that repeats a generation.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace turbodiff::media {

/// The tag that holds the recipe.
inline constexpr const char* recipe_tag = "comment";

/// All tags of an mp4, webm, gif, png or safetensors file; names in lower case, values UTF-8. Throws
/// bad_request for a missing or damaged file, and for npy, which has no metadata.
std::map<std::string, std::string> read_tags(const std::filesystem::path& path);

/// The recipe, byte for byte as it was given to the writer. Throws as `read_tags` does, and bad_request when
/// the file holds none.
std::string read_recipe(const std::filesystem::path& path);

}  // namespace turbodiff::media
