// The programs behind turbodiff.
//
// Loading LibTorch takes 0.3 s and loading FFmpeg 0.04 s, before main() is reached, and LibTorch's OpenMP
// reads its settings while it is loaded. So `turbodiff` itself links neither. It knows all commands and runs
// those that need no such library; for the others it becomes turbodiff-media or turbodiff-engine by exec,
// with the same arguments: process id, streams, folder and limits stay, and every program has its own copy of
// the floor, where a library loaded into this process would share or double what is static there.
#pragma once

#include <filesystem>
#include <string>

#include "cli/program.h"

namespace turbodiff::app {

/// The file of turbodiff itself, also when called in one of the programs behind it.
std::filesystem::path public_program();

/// Replaces this process by turbodiff-PART. Its OpenMP threads sleep while they wait
/// (OMP_WAIT_POLICY=passive) unless the environment says otherwise: spinning threads take cores from working
/// ones on a busy machine. SIGINT, SIGTERM and SIGHUP that arrive meanwhile are delivered to it. Error
/// work_failed when the program or its library is missing, refused when the address space is limited to less
/// than it needs. LibTorch's MKL aborts the process in a deleted working folder: then the program is loaded
/// in the root folder and changes back with return_to_folder().
[[noreturn]] void hand_over(const cli::Program& program, const std::string& part);

/// Changes back to the folder that hand_over() left open; does nothing where there is none. Called first in
/// main().
void return_to_folder();

}  // namespace turbodiff::app
