// The turbodiff program that this one starts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "spec/recipe.h"

namespace turbodiff::app {

/// `named`, or turbodiff beside this program. Error bad_request when there is no such file.
std::filesystem::path engine_program(const std::optional<std::string>& named = {});

/// The recipe that a file carries, read by `turbodiff info`: only the engine opens videos. Error bad_request
/// when it carries none, else as that command.
spec::Recipe recipe_in(const std::string& file);

}  // namespace turbodiff::app
