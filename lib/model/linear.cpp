#include "model/linear.h"

#include <ATen/ATen.h>

#include "ops/linear.h"

namespace turbodiff::model {

LinearInput::LinearInput(at::Tensor x, LinearKind kind) : x_(std::move(x)) {
  if (kind == LinearKind::int8) int8_ = ops::Int8Input(x_);
}

Linear Linear::load(const Parameters& parameters, const std::string& name, std::int64_t out,
                    std::int64_t in) {
  return {parameters.get(name + ".weight", {out, in}), parameters.get(name + ".bias", {out})};
}

Linear Linear::load_int8(const Parameters& parameters, const std::string& name, std::int64_t out,
                         std::int64_t in) {
  Linear layer;
  layer.bias_ = parameters.get(name + ".bias", {out});
  if (parameters.contains(name + ".int8_weight")) {
    const auto blocks = [](std::int64_t size) { return (size + 127) / 128; };
    layer.int8_ = ops::Int8Weight({parameters.get_int8(name + ".int8_weight", {out, in}),
                                   parameters.get_f32(name + ".scale", {blocks(out), blocks(in)})});
  } else {
    // Quantised from the stored values: a checkpoint in fp32 does not pass through bf16.
    layer.int8_ = ops::Int8Weight(ops::int8_quantise(parameters.get_stored(name + ".weight", {out, in})));
  }
  if (parameters.device().is_cpu() && ops::has_fast_int8()) parameters.drop_pages(name + ".");
  return layer;
}

at::Tensor Linear::operator()(const LinearInput& x) const {
  return int8_.defined() ? ops::int8_linear(x.int8(), int8_, bias_) : ops::linear(x.tensor(), weight_, bias_);
}

}  // namespace turbodiff::model
