// A file of prompts: plain text or JSON lines.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "core/text/incoming_text.h"
#include "spec/request_options.h"

namespace turbodiff::spec {

/// One prompt with its own options.
struct PromptEntry {
  int line = 0;  ///< from 1
  RequestOptions options;
};

/// Reads `in`, called `name` in messages, as core::incoming_text() with `note`. A line that starts with "{"
/// is a JSON object with "prompt" and any other option of the table under its long name (dashes or
/// underscores); other lines are prompts, in which a backslash before a "{", "#" or "\" at the beginning is
/// removed. Blank lines and lines that start with "#" are skipped; byte order marks at the beginning and CR
/// at the end of lines are removed. Error bad_request "NAME:LINE: ..." for an invalid line, and when there is
/// no prompt at all; interrupted after a signal.
std::vector<PromptEntry> read_prompts(std::istream& in, const std::string& name,
                                      const core::TextNote& note = {});

/// Reads a file, or standard input for "-". Error bad_request when it cannot be read.
std::vector<PromptEntry> read_prompts_file(const std::string& path, const core::TextNote& note = {});

}  // namespace turbodiff::spec
