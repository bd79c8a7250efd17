// turbodiff manual: the source of man/turbodiff.1
#include <CLI/CLI.hpp>

#include "cli/manual.h"
#include "commands.h"

namespace turbodiff::app {
namespace {

std::vector<cli::ManualSection> introduction() {
  return {{"DESCRIPTION",
           "turbodiff makes videos from text with few\\-step diffusion models of the Wan2.1 and "
           "TurboDiffusion family.\n"
           "A small model, \\fBdemo\\fR, is built in; others are looked for in the model folders by name, or "
           "given as "
           "files.\n.PP\n"
           "Results go to standard output, messages and progress to standard error. An output file appears "
           "under its "
           "name complete or not at all, and never replaces another one without \\fB\\-\\-force\\fR. "
           "Everything that "
           "can be checked is checked before weights are read."},
          {"EXAMPLES",
           ".nf\n"
           "turbodiff generate \"a red circle moving right\" \\-o circle.mp4\n"
           "turbodiff generate \\-\\-prompts prompts.txt \\-o \\(aqclips/{index}\\-{prompt}.mp4\\(aq\n"
           "turbodiff generate \\-\\-model wan2.1\\-t2v\\-1.3b\\-480p \\-\\-dry\\-run \"a fox in the snow\"\n"
           "turbodiff generate \\-\\-from circle.mp4 \\-\\-seed 7 \\-o again.mp4\n"
           "turbodiff info circle.mp4\n"
           "turbodiff cost \\-\\-tariff cn\\-two\\-rate \\-\\-model wan2.1\\-t2v\\-14b\\-720p\n"
           "turbodiff cost video \\-\\-seconds 110 \\-\\-watts 450 \\-\\-tariff cn\\-two\\-rate\n"
           ".fi"}};
}

std::vector<cli::ManualSection> reference() {
  return {
      {"PROMPTS FILES",
       "A file of \\fB\\-\\-prompts\\fR has one prompt a line; blank lines and lines that start with # are "
       "skipped. A line that starts with { is a JSON object with \"prompt\" and any other option under its "
       "long "
       "name, which holds for that prompt only:\n.PP\n.nf\n"
       "{\"prompt\": \"a blue square growing\", \"seed\": 3, \"output\": \"square.mp4\"}\n.fi"},
      {"OUTPUT NAMES",
       "\\fB{seed}\\fR, \\fB{index}\\fR (1, 2, ... over all files of a call), \\fB{prompt}\\fR, "
       "\\fB{model}\\fR and "
       "\\fB{date}\\fR are filled in; {{ and }} are braces. Where several files would get one name, "
       "\\-{index} is put before the extension."},
      {"COSTS",
       "\\fBturbodiff cost\\fR works with figures from a file, \\fIgpus.yaml\\fR: the shipped one, over "
       "which the "
       "GPUs of "
       "$XDG_CONFIG_HOME/turbodiff/gpus.yaml (or \\fB\\-\\-gpus\\fR) are laid by name. Every figure there "
       "has a "
       "source and a date; \\fBturbodiff cost gpus\\fR shows them, and what rests on an estimate has a ~ "
       "behind it. "
       "Measured seconds and watts (\\fB\\-\\-seconds\\fR, \\fB\\-\\-watts\\fR) win over the file.\n.PP\n"
       "Energy is seconds times watts. N rented videos of T minutes at P an hour cost N x T / 60 x P. A GPU "
       "of "
       "one\\(aqs own wears off in a straight line from its price to its resale value; its electricity costs "
       "what "
       "the "
       "tariff\\(aqs hours cost that the load needs, \\fB\\-\\-when\\fR saying which come first. A month has "
       "730 "
       "hours.\n.PP\n"
       "Routing rules (\\fIrouting.yaml\\fR beside it, \\fBrouting.rules\\fR in the configuration, or "
       "\\fB\\-\\-rules\\fR) send jobs to tiers of GPUs: the first rule whose conditions (model, resolution, "
       "pixels, "
       "frames, steps, priority, slack, when) all hold wins."},
      {"ENVIRONMENT",
       ".TP\n\\fBTURBODIFF_MODELS\\fR\nFolder of models, instead of $XDG_DATA_HOME/turbodiff/models.\n"
       ".TP\n\\fBTURBODIFF_CONFIG\\fR\nConfiguration file, instead of "
       "$XDG_CONFIG_HOME/turbodiff/config.yaml.\n"
       ".TP\n\\fBTURBODIFF_MODEL\\fR, \\fBTURBODIFF_STEPS\\fR, \\fBTURBODIFF_FPS\\fR, "
       "\\fBTURBODIFF_DEVICE\\fR, "
       "\\fBTURBODIFF_DTYPE\\fR, \\fBTURBODIFF_THREADS\\fR, \\fBTURBODIFF_OUTPUT\\fR\n"
       "Defaults of the options of these names.\n"
       ".TP\n\\fBOMP_NUM_THREADS\\fR\nCPU threads where \\fB\\-\\-threads\\fR and its settings leave them "
       "open.\n"
       ".TP\n\\fBOMP_WAIT_POLICY\\fR\nWhat threads do that wait for others: \\fBpassive\\fR (sleep, the "
       "default here) or "
       "\\fBactive\\fR (spin, which is no faster on an idle machine and many times slower on a busy one).\n"
       ".TP\n\\fBNO_COLOR\\fR, \\fBCLICOLOR_FORCE\\fR\nTurn colours off, or on without a terminal.\n"
       ".PP\nAn option on the command line wins over a variable, a variable over the user\\(aqs "
       "configuration file, "
       "that over /etc/turbodiff/config.yaml; \\fBturbodiff doctor \\-\\-show\\-config\\fR names the source "
       "of every "
       "value."},
      {"EXIT STATUS",
       ".TP\n0\nDone.\n.TP\n1\nThe work failed.\n.TP\n2\nThe request or a file is wrong.\n"
       ".TP\n3\nThere is no such model.\n.TP\n4\nRefused by a limit: disk or "
       "memory.\n.TP\n130\nInterrupted."},
      {"SEE ALSO", "\\fBffmpeg\\fR(1)"}};
}

}  // namespace

void add_manual(cli::Program& program) {
  CLI::App& command = program.add_command("manual", "Print the manual page", [](cli::Program& running) {
    running.print(cli::manual_page(cli::view_of(running.app(), running.info().name), running.title(),
                                   introduction(), reference()));
  });
  command.group("");
}

}  // namespace turbodiff::app
