// A file of prompts: plain text or JSON lines.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "spec/request_options.h"

namespace turbodiff::spec {

/// One prompt with the options that differ for it.
struct PromptEntry {
  int line = 0;  ///< from 1
  RequestOptions options;
};

/// Reads `in`, called `name` in messages. A line that starts with "{" is a JSON object with "prompt" and any
/// other option of the table under its long name (dashes or underscores); other lines are prompts as they
/// stand. Blank lines and lines that start with "#" are skipped, a byte order mark and CR at the ends of
/// lines are dropped. Error bad_request "NAME:LINE: ..." for a line that is wrong, and when there is no
/// prompt at all; interrupted after a signal.
std::vector<PromptEntry> read_prompts(std::istream& in, const std::string& name);

/// Reads a file, or standard input for "-". Error bad_request when it cannot be read.
std::vector<PromptEntry> read_prompts_file(const std::string& path);

}  // namespace turbodiff::spec
