// turbodiff contact-sheet FILE... -o PNG: its arguments
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/numbers.h"
#include "commands.h"
#include "media_commands.h"

namespace turbodiff::app {

void add_contact_sheet(cli::Program& program) {
  const auto flags = std::make_shared<SheetFlags>();
  CLI::App& command =
      program.add_command("contact-sheet", "Show videos at a glance: one picture, one row a video",
                          [flags](cli::Program& running) { run_contact_sheet(running, *flags); });
  command
      .add_option("FILE", flags->files,
                  "Videos and pictures (.mp4, .webm, .gif, .png); what cannot be read is left out")
      ->required()
      ->type_name("FILE...")
      ->group("Arguments");
  command.add_option("-o,--output", flags->output, "The picture to write")
      ->required()
      ->type_name("PNG")
      ->group("Options");
  command.add_option("--pictures", flags->pictures, "Frames of each video, from the first to the last (5)")
      ->check(cli::whole_between(1, 100))
      ->type_name("N")
      ->group("Options");
  command.add_option("--width", flags->width, "Widest picture in pixels (320)")
      ->check(cli::whole_between(narrowest_picture, 4096))
      ->type_name("N")
      ->group("Options");
  command.add_option("--max-size", flags->max_size, "Narrower pictures where the file would be larger")
      ->type_name("2MB")
      ->group("Options");
  command.add_flag("--force", flags->force, "Replace an existing file")->group("Options");
}

}  // namespace turbodiff::app
