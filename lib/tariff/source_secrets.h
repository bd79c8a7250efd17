// The secrets that a source of prices requires: a token in its url, and headers.
#pragma once

#include <filesystem>

#include "core/yaml/yaml_reader.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// Reads `token_env` or `token_file`, which belong to a {token} in the url, and `headers`, a map of names
/// whose values are text or { env: NAME } or { file: PATH }, each with a `prefix`. A secret in the file
/// itself, and one that http:// would send in clear text, are problems.
void read_source_secrets(core::YamlMap& map, const std::filesystem::path& folder, SeriesSource& source,
                         core::Problems& problems);

}  // namespace turbodiff::tariff
