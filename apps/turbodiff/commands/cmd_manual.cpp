// turbodiff manual: the source of man/turbodiff.1
#include <CLI/CLI.hpp>

#include "cli/manual.h"
#include "commands.h"

namespace turbodiff::app {
namespace {

std::vector<cli::ManualSection> introduction() {
  return {
      {"DESCRIPTION", R"(turbodiff makes videos from text with few\-step diffusion models of the Wan2.1 and
TurboDiffusion family. A small model, \fBdemo\fR, is built in; other models are found by name in the model folders, or
given as files.
.PP
Results go to standard output, messages and progress to standard error. An output file appears under its name only
when it is complete, and an existing file is never replaced without \fB\-\-force\fR. Everything that can be checked is
checked before weights are read.)"},
      {"EXAMPLES", R"(.nf
turbodiff generate "a red circle moving right" \-o circle.mp4
turbodiff generate \-\-prompts prompts.txt \-o \(aqclips/{index}\-{prompt}.mp4\(aq
turbodiff generate \-\-model wan2.1\-t2v\-1.3b\-480p \-\-dry\-run "a fox in the snow"
turbodiff generate \-\-from circle.mp4 \-\-seed 7 \-o again.mp4
turbodiff info circle.mp4
turbodiff cost \-\-tariff cn\-two\-rate \-\-model wan2.1\-t2v\-14b\-720p
turbodiff cost video \-\-seconds 110 \-\-watts 450 \-\-tariff cn\-two\-rate
.fi)"}};
}

cli::ManualSection costs() {
  return {"COSTS",
          R"(\fBturbodiff cost\fR calculates with figures from a file, \fIgpus.yaml\fR: the shipped one, with
the GPUs of $XDG_CONFIG_HOME/turbodiff/gpus.yaml (or \fB\-\-gpus\fR) added or replaced by name. Every figure has a
source and a date; \fBturbodiff cost gpus\fR shows them, and ~ marks what is an estimate. Measured seconds and watts
(\fB\-\-seconds\fR, \fB\-\-watts\fR) take precedence over the file.
.PP
Energy is seconds times watts. N rented videos of T minutes at P an hour cost N x T / 60 x P. A GPU of one\(aqs own
depreciates in a straight line from its price to its resale value; its electricity costs what the hours of the tariff
that the load needs cost, and \fB\-\-when\fR selects which hours are used first. A month has 730 hours.
.PP
Routing rules (\fIrouting.yaml\fR next to it, \fBrouting.rules\fR in the configuration, or \fB\-\-rules\fR) assign
jobs to tiers of GPUs: the first rule whose conditions (model, resolution, pixels, frames, steps, priority, slack,
when) all hold is applied.)"};
}

cli::ManualSection environment() {
  return {"ENVIRONMENT", R"(.TP
\fBTURBODIFF_MODELS\fR
Folder of models, instead of $XDG_DATA_HOME/turbodiff/models.
.TP
\fBTURBODIFF_CONFIG\fR
Configuration file, instead of $XDG_CONFIG_HOME/turbodiff/config.yaml.
.TP
\fBTURBODIFF_MODEL\fR, \fBTURBODIFF_STEPS\fR, \fBTURBODIFF_FPS\fR, \fBTURBODIFF_DEVICE\fR, \
\fBTURBODIFF_DTYPE\fR, \fBTURBODIFF_THREADS\fR, \fBTURBODIFF_OUTPUT\fR
Defaults of the options of these names.
.TP
\fBOMP_NUM_THREADS\fR
Number of CPU threads where \fB\-\-threads\fR and its settings do not set it.
.TP
\fBOMP_WAIT_POLICY\fR
What waiting threads do: \fBpassive\fR (sleep, the default here) or \fBactive\fR (spin, which is no faster on an idle
machine and many times slower on a busy one).
.TP
\fBNO_COLOR\fR, \fBCLICOLOR_FORCE\fR
Disable colours, or enable them without a terminal.
.PP
An option on the command line takes precedence over a variable, a variable over the user\(aqs configuration file, and
that over /etc/turbodiff/config.yaml; \fBturbodiff doctor \-\-show\-config\fR shows the source of every value.)"};
}

std::vector<cli::ManualSection> reference() {
  return {
      {"PROMPTS FILES",
       R"(A file of \fB\-\-prompts\fR has one prompt per line; blank lines and lines that start with
# are skipped. A line that starts with { is a JSON object with "prompt" and any other option under its long name, which
applies to that prompt only:
.PP
.nf
{"prompt": "a blue square growing", "seed": 3, "output": "square.mp4"}
.fi)"},
      {"OUTPUT NAMES", R"(\fB{seed}\fR, \fB{index}\fR (1, 2, ... over all files of a call), \fB{prompt}\fR,
\fB{model}\fR and \fB{date}\fR are filled in; {{ and }} are braces. Where several files would get the same name,
\-{index} is inserted before the extension.)"},
      costs(),
      environment(),
      {"EXIT STATUS", R"(.TP
0
Success.
.TP
1
The work failed.
.TP
2
The request or a file is wrong.
.TP
3
There is no such model.
.TP
4
Refused by a limit: disk or memory.
.TP
130
Interrupted.)"},
      {"SEE ALSO", R"(\fBffmpeg\fR(1))"}};
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
