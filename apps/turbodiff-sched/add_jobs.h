// Adding jobs to the store: what `add` does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/prompt_arguments.h"
#include "queue.h"
#include "spec/request_options.h"

namespace turbodiff::app {

/// The command line of `add`.
struct AddFlags {
  spec::RequestOptions options;
  cli::PromptArguments prompts;
  std::optional<std::string> from;
  std::optional<std::string> deadline, earliest;
  std::int64_t priority = 0;
  std::vector<std::int64_t> after;
  std::string when = "off-peak";
  int retries = 2;
  std::string group;
  int count = 1;
  bool hold = false;
};

/// Freezes and adds the jobs, and returns the new ids. Error refused when a deadline cannot be met at known
/// prices; then no job is added.
std::vector<store::JobId> add_jobs(Queue& queue, const AddFlags& flags);

/// Error bad_request, naming --when, for any other word.
spec::When parse_when(const std::string& text);

}  // namespace turbodiff::app
