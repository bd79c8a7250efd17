// The commands of turbodiff that read or write pictures; part of the program that links FFmpeg.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"

namespace turbodiff::app {

/// A sheet that exceeds the maximum size is drawn again with narrower pictures, down to this width in pixels.
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
