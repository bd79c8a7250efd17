// Names of output files from templates.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::spec {

/// The values of the placeholders of a name.
struct NameValues {
  std::uint64_t seed = 0;  ///< {seed}
  int index = 1;           ///< {index}: 1, 2, ... over all files of a call
  std::string prompt;      ///< {prompt}: its first words, see slug_of()
  std::string model;       ///< {model}
  std::time_t date = 0;    ///< {date}: local date and time as 20260131-173000
};

/// The name of outputs where none is given: "{prompt}-{seed}.mp4".
extern const std::string_view default_output_name;

/// The template with its placeholders filled in; "{{" and "}}" are braces. Path separators in values are
/// removed. Error bad_request for an unknown placeholder (with a suggestion), a single brace, an empty name
/// or one that ends in "/", or a file name above 255 bytes.
std::filesystem::path fill_name(std::string_view name_template, const NameValues& values);

/// Whether names made from it can differ between the files of one call: it has {seed}, {index} or {prompt}.
bool varies(std::string_view name_template);

/// A template that gives every file its own name: `name_template` itself when it varies() or `file_count` is
/// 1, else with "-{index}" before the extension.
std::string template_for(std::string_view name_template, int file_count);

/// Text made safe and short for a file name: letters of any script, digits and "-"; blanks become "-"; at
/// most 48 characters and 120 bytes, cut at a character; "untitled" when nothing is left.
std::string slug_of(std::string_view text);

/// Error bad_request when two of the paths are the same file.
void require_distinct(std::span<const std::filesystem::path> paths);

}  // namespace turbodiff::spec
