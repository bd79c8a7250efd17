// Every case of every kernel on one backend.
#pragma once

#include "chain_cases.h"
#include "elementwise_cases.h"
#include "norm_cases.h"
#include "qk_cases.h"
#include "sagesla_cases.h"
#include "w8a8_cases.h"

namespace turbodiff::kernels {

/// visit(Outcome) for each case.
template <typename Backend, typename Visit>
void run_all_cases(const Visit& visit) {
  for (const W8a8Case& c : w8a8_cases())
    for (const W8a8Epilogue epilogue :
         {W8a8Epilogue::store, W8a8Epilogue::requantise, W8a8Epilogue::residual})
      visit(run_w8a8<Backend>(c, epilogue));
  for (const SageslaCase& c : sagesla_cases())
    for (const SlaVariant variant : sla_variants) visit(run_sagesla<Backend>(c, variant));
  for (const NormModQuantCase& c : norm_mod_quant_cases()) {
    visit(run_norm_mod_quant<Backend>(c));
    for (const Storage type : {Storage::f32, Storage::bf16}) visit(run_block_quant<Backend>(c, type));
  }
  run_norm_cases<Backend>(visit);
  for (const BlockTopkCase& c : block_topk_cases()) visit(run_block_topk<Backend>(c));
  for (const QkCase& c : qk_cases()) {
    for (const bool centre : {false, true}) {
      visit(run_qk_quant<Backend>(c, centre));
      visit(run_qk_norm_rope<Backend>(c, centre));
    }
    visit(run_v_quant<Backend>(c));
    visit(run_kvsum<Backend>(c));
  }
  for (const ChainCase& c : chain_cases())
    for (const SlaVariant variant : sla_variants) visit(run_chain<Backend>(c, variant));
}

}  // namespace turbodiff::kernels
