// What the commands of turbodiff do that read or write pictures: in the program that has FFmpeg.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"

namespace turbodiff::app {

/// A sheet that is too large is drawn again with narrower pictures, down to these.
inline constexpr int narrowest_picture = 40;

/// The command line of `contact-sheet`.
struct SheetFlags {
  std::vector<std::string> files;
  std::string output;
  int pictures = 5;
  int width = 320;
  std::optional<std::string> max_size;
  bool force = false;
};

void run_info(cli::Program& program, const std::string& path);
void run_contact_sheet(cli::Program& program, const SheetFlags& flags);

}  // namespace turbodiff::app
