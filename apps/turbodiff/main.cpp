// turbodiff: a prompt becomes a video. The same main() for turbodiff and the programs behind it.
#include "cli/program.h"
#include "commands.h"
#include "private_program.h"

int main(int argc, char** argv) {
  using namespace turbodiff;
  return cli::guarded([&] {
    app::return_to_folder();
    cli::Program program({.name = "turbodiff",
                          .version = TURBODIFF_VERSION,
                          .summary = "Make videos from text with few-step diffusion models",
                          .notes =
                              "Examples:\n"
                              "  turbodiff generate \"a red circle moving right\" -o circle.mp4\n"
                              "  printf 'a fox\\nan owl\\n' | turbodiff generate - -o 'clips/{prompt}.mp4'\n"
                              "  turbodiff info circle.mp4\n"
                              "  turbodiff models list",
                          .executable = app::public_program()});
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
  });
}
