// turbodiff info FILE: its arguments
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "media_commands.h"

namespace turbodiff::app {

void add_info(cli::Program& program) {
  const auto path = std::make_shared<std::string>();
  CLI::App& command = program.add_command("info", "Show how a video was made, from its metadata",
                                          [path](cli::Program& running) { run_info(running, *path); });
  command
      .add_option("FILE", *path, "Video, picture or raw frames (.mp4, .webm, .gif, .png, .safetensors, .npy)")
      ->required()
      ->type_name("FILE")
      ->group("Arguments");
}

}  // namespace turbodiff::app
