// The turbodiff program that this one starts.
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

/// The recipe that a file carries, read by `turbodiff info`: only the engine opens videos. Error bad_request
/// when it carries none, else as that command.
spec::Recipe recipe_in(const std::string& file);

/// Tokens of each prompt that is longer than its model reads, with the prompt. Only the engine can count
/// them, and it is asked only when a prompt is so long that it may be cut. Without an answer nothing is
/// known.
std::vector<std::pair<std::string, std::int64_t>> cut_prompts(std::span<const spec::RequestOptions> requests);

}  // namespace turbodiff::app
