// A recipe: everything that is needed to make a video again, as the JSON that its file carries.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "spec/generation_request.h"
#include "spec/model_folder.h"
#include "spec/request_options.h"

namespace turbodiff::spec {

inline constexpr int recipe_schema_version = 1;

/// {"schema_version": 1, "program": "turbodiff 0.1.0", "request": {option: value, ...}, "model": {"name",
/// "architecture", "fingerprint", "files": {role: file name}}}. It contains no time and no machine, so that
/// the same request gives the same bytes.
struct Recipe {
  std::string program;     ///< name and version of the program that made the video
  RequestOptions options;  ///< complete, one sample; the model by name, or by absolute paths of its files
  std::string model_name;
  std::string architecture;                                ///< may be empty
  std::string fingerprint;                                 ///< of the model's files
  std::vector<std::pair<std::string, std::string>> files;  ///< role and file name
};

/// The recipe of one output. `by_files` records the model's paths instead of its name. `seed` is that of the
/// sample when the samples are in files of their own.
Recipe make_recipe(const std::string& program, const GenerationRequest& request, const Model& model,
                   bool by_files, const std::string& fingerprint, std::uint64_t seed);

nlohmann::ordered_json to_json(const Recipe& recipe);
/// Compact UTF-8; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Recipe& recipe);

/// Error bad_request, naming `origin`, for text that is not a recipe, has unknown options or a newer version.
Recipe parse_recipe(std::string_view text, const std::string& origin);

}  // namespace turbodiff::spec
