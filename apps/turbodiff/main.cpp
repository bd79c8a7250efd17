// turbodiff: a prompt becomes a video.
#include "cli/program.h"
#include "commands.h"

int main(int argc, char** argv) {
  using namespace turbodiff;
  cli::Program program({.name = "turbodiff",
                        .version = TURBODIFF_VERSION,
                        .summary = "Make videos from text with few-step diffusion models",
                        .notes =
                            "Examples:\n"
                            "  turbodiff generate \"a red circle moving right\" -o circle.mp4\n"
                            "  turbodiff generate --prompts prompts.txt -o 'clips/{index}-{prompt}.mp4'\n"
                            "  turbodiff info circle.mp4\n"
                            "  turbodiff models list"});
  app::add_generate(program);
  app::add_info(program);
  app::add_contact_sheet(program);
  app::add_models(program);
  app::add_convert(program);
  app::add_doctor(program);
  app::add_bench(program);
  app::add_cost(program);
  app::add_worker(program);
  app::add_completion(program);
  app::add_manual(program);
  return program.run(argc, argv);
}
