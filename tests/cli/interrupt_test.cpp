#include <csignal>

#include "turbodiff_process.h"

using namespace turbodiff;
using testing::Workplace;

namespace {
/// Interrupts a generation of many seconds as soon as `stage` begins.
core::ExitStatus interrupt_at(Workplace& place, const std::string& stage, int signal) {
  auto options = place.call({"generate", "x", "--size", "256x256", "--frames", "81", "--steps", "4", "-o",
                             "a.mp4", "--contact-sheet", "s.png", "--progress", "json"});
  core::Subprocess* running = nullptr;
  options.output = options.errors = core::SubprocessOptions::Stream::pipe;
  options.on_output = [](std::string_view) {};
  options.on_errors = [&](std::string_view line) {
    if (line.find("\"" + stage + "\"") != std::string_view::npos) running->signal(signal);
  };
  core::Subprocess process(std::move(options));
  running = &process;
  return *process.wait();
}
}  // namespace

TEST_CASE("Ctrl-C leaves nothing behind and exits 130") {
  for (const char* stage : {"load", "denoise"}) {
    Workplace place;
    CHECK_MESSAGE(interrupt_at(place, stage, SIGINT).code == 130, stage);
    CHECK(place.files().empty());
  }
  Workplace place;
  CHECK(interrupt_at(place, "denoise", SIGTERM).code == 130);
  CHECK(place.files().empty());
}
