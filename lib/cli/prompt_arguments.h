// The sources of a command's prompts: an argument, a file, standard input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/text/incoming_text.h"
#include "spec/request_options.h"

namespace CLI {
class App;
}

namespace turbodiff::cli {

struct PromptArguments {
  std::optional<std::string> prompt;  ///< PROMPT; "-" is standard input
  std::optional<std::string> file;    ///< --prompts
};

/// Adds PROMPT, --prompts and its alias to `app`. `arguments` must outlive the parse.
void add_prompt_arguments(CLI::App& app, PromptArguments& arguments);

/// One set of options per prompt, on top of `common`, which contains `flags` (the command line). Prompts are
/// lines of standard input when PROMPT or --prompts is "-", and also without any prompt when standard input
/// is a pipe or a file that has some. Error bad_request when sources contradict each other, and as
/// spec::read_prompts().
std::vector<spec::RequestOptions> requests_of(const PromptArguments& arguments,
                                              const spec::RequestOptions& flags,
                                              const spec::RequestOptions& common, const core::TextNote& note);

}  // namespace turbodiff::cli
