// Every case of every kernel: emulator against twin. scripts/gpu-check.sh runs the same cases on a GPU.
#include "testing.h"

#include "backend_emulator.h"
#include "w8a8_cases.h"

using namespace turbodiff::kernels;

namespace {
void check(const Outcome& outcome) {
  INFO(outcome.name, ": ", outcome.detail);
  CHECK(outcome.ok);
}
}  // namespace

TEST_CASE("w8a8_gemm on the emulator equals its twin") {
  for (const W8a8Case& c : w8a8_cases())
    for (const W8a8Epilogue epilogue :
         {W8a8Epilogue::store, W8a8Epilogue::requantise, W8a8Epilogue::residual})
      check(run_w8a8<Emulator>(c, epilogue));
}
