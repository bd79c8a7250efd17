// Every case of every kernel: emulator against reference. scripts/gpu-check.sh runs the same cases on a GPU.
#include "all_cases.h"
#include "backend_emulator.h"
#include "testing.h"

using namespace turbodiff::kernels;

TEST_CASE("every kernel on the emulator agrees with its reference") {
  int count = 0;
  run_all_cases<Emulator>([&](const Outcome& outcome) {
    INFO(outcome.name, ": ", outcome.detail);
    CHECK(outcome.ok);
    ++count;
  });
  CHECK(count > 60);
}
