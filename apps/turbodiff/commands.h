// The commands of turbodiff, one file each (cmd_<name>.cpp).
#pragma once

#include "cli/program.h"

namespace turbodiff::app {

void add_generate(cli::Program& program);
void add_info(cli::Program& program);
void add_contact_sheet(cli::Program& program);
void add_models(cli::Program& program);
void add_convert(cli::Program& program);
void add_doctor(cli::Program& program);
void add_bench(cli::Program& program);
void add_cost(cli::Program& program);
void add_completion(cli::Program& program);
/// Runs the generations requested on standard input, for turbodiff-sched; not listed in the help.
void add_worker(cli::Program& program);
/// Prints the manual page; not listed in the help.
void add_manual(cli::Program& program);

}  // namespace turbodiff::app
