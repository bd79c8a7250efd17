// In the program without FFmpeg: what needs it is left to turbodiff-media.
#include "media_commands.h"
#include "private_program.h"

namespace turbodiff::app {

void run_info(cli::Program& program, const std::string&) {
  hand_over(program, "media");
}
void run_contact_sheet(cli::Program& program, const SheetFlags&) {
  hand_over(program, "media");
}

}  // namespace turbodiff::app
