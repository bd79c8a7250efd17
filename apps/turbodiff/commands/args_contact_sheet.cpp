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
      program.add_command("contact-sheet", "Make a contact sheet: one picture with one row per video",
                          [flags](cli::Program& running) { run_contact_sheet(running, *flags); });
  command
      .add_option("FILE", flags->files,
                  "Videos and pictures (.mp4, .webm, .gif, .png); unreadable files are skipped")
      ->required()
      ->type_name("FILE...")
      ->group("Arguments");
  command.add_option("-o,--output", flags->output, "The picture to write")
      ->required()
      ->type_name("PNG")
      ->group("Options");
  command
      .add_option("--pictures", flags->pictures,
                  "Number of frames of each video, from the first to the last (5)")
      ->check(cli::whole_between(1, 100))
      ->type_name("N")
      ->group("Options");
  command.add_option("--width", flags->width, "Maximum width of a picture in pixels (320)")
      ->check(cli::whole_between(narrowest_picture, 4096))
      ->type_name("N")
      ->group("Options");
  command.add_option("--max-size", flags->max_size, "Maximum file size; pictures are made narrower to fit")
      ->type_name("2MB")
      ->group("Options");
  command.add_flag("--force", flags->force, "Replace an existing file")->group("Options");
}

}  // namespace turbodiff::app
