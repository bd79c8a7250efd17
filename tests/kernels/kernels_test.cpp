// Every case of every kernel: emulator against twin. scripts/gpu-check.sh runs the same cases on a GPU.
#include "testing.h"

#include "backend_emulator.h"
#include "elementwise_cases.h"
#include "qk_cases.h"
#include "sagesla_cases.h"
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

TEST_CASE("sagesla_fwd on the emulator agrees with its twin") {
  for (const SageslaCase& c : sagesla_cases())
    for (const SageslaTiling tiling : {SageslaTiling::q128_k64, SageslaTiling::q64_k128})
      check(run_sagesla<Emulator>(c, tiling));
}

TEST_CASE("norm_mod_quant on the emulator equals its twin") {
  for (const NormModQuantCase& c : norm_mod_quant_cases()) check(run_norm_mod_quant<Emulator>(c));
}

TEST_CASE("block_topk on the emulator equals its twin") {
  for (const BlockTopkCase& c : block_topk_cases()) check(run_block_topk<Emulator>(c));
}

TEST_CASE("qk_quant on the emulator equals its twin") {
  for (const QkCase& c : qk_cases())
    for (const bool centre : {false, true}) check(run_qk_quant<Emulator>(c, centre));
}

TEST_CASE("kvsum on the emulator agrees with its twin") {
  for (const QkCase& c : qk_cases()) check(run_kvsum<Emulator>(c));
}
