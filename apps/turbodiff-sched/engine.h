// The turbodiff program that this program starts.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spec/recipe.h"

namespace turbodiff::app {

/// `named`, or turbodiff beside this program. Error bad_request when there is no such file.
std::filesystem::path engine_program(const std::optional<std::string>& named = {});

/// The recipe that a file carries, read by `turbodiff info` because only the engine opens videos. Error
/// bad_request when the file carries none, else as that command.
spec::Recipe recipe_in(const std::string& file);

/// The prompts that are longer than their model reads, each with its number of tokens. Only the engine can
/// count tokens, and it is called only when a prompt is long enough to be cut. Empty when the engine does not
/// answer.
std::vector<std::pair<std::string, std::int64_t>> cut_prompts(std::span<const spec::RequestOptions> requests);

}  // namespace turbodiff::app
