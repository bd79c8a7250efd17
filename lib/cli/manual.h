// The manual page, generated from the command tree and prose.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace turbodiff::cli {

/// A section of prose; its text is roff without a heading, a blank line between paragraphs.
struct ManualSection {
  std::string title;
  std::string text;
};

/// A page of section 1 in man(7): NAME, SYNOPSIS, `before`, a section with every option of every command,
/// visible or not (other spellings are listed with the option they stand for), `after`.
std::string manual_page(const CommandView& program, const std::string& title,
                        const std::vector<ManualSection>& before, const std::vector<ManualSection>& after);

/// `text` with the characters that roff would interpret escaped.
std::string roff_escape(std::string_view text);

}  // namespace turbodiff::cli
