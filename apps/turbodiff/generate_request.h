// The request of `generate`, merged from its sources.
#pragma once

#include <optional>
#include <string>

#include "cli/program.h"
#include "cli/prompt_arguments.h"
#include "spec/recipe.h"
#include "spec/request_options.h"

namespace turbodiff::app {

/// The command line of `generate`.
struct GenerateFlags {
  spec::RequestOptions options;
  cli::PromptArguments prompts;
  std::optional<std::string> from;
  std::string progress = "auto";
  bool dry_run = false;
  bool serve = false;
};

/// Reads the recipe that a video, picture or .json file carries. Error bad_request when it carries none.
spec::Recipe read_recipe_file(const std::string& path, const core::TextNote& note);

/// The options that apply to every prompt: config < recipe of --from < command line.
spec::RequestOptions common_options(const GenerateFlags& flags, const core::Config& config,
                                    const std::optional<spec::Recipe>& recipe);

}  // namespace turbodiff::app
