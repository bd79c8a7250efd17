// What `generate` is asked for, put together from its sources.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"
#include "spec/recipe.h"
#include "spec/request_options.h"

namespace turbodiff::app {

/// The command line of `generate`.
struct GenerateFlags {
  spec::RequestOptions options;
  std::optional<std::string> positional_prompt;
  std::optional<std::string> prompts_file;
  std::optional<std::string> from;
  std::string progress = "auto";
  bool dry_run = false;
  bool serve = false;
};

/// Reads the recipe that a video, picture or .json file carries. Error bad_request when there is none.
spec::Recipe read_recipe_file(const std::string& path);

/// The options that hold for every prompt: config < recipe of --from < command line.
/// Error bad_request when sources contradict each other.
spec::RequestOptions common_options(const GenerateFlags& flags, const core::Config& config,
                                    const std::optional<spec::Recipe>& recipe);

/// One set of options a prompt: of the prompts file on top of `common`, or `common` alone.
std::vector<spec::RequestOptions> requests_of(const GenerateFlags& flags, const spec::RequestOptions& common);

}  // namespace turbodiff::app
