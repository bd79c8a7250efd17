#include "pipeline/step_checkpoint.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/text/strings.h"
#include "model/tensor_file.h"

namespace turbodiff::pipeline {
namespace {

constexpr const char* identity_key = "turbodiff_generation";
constexpr const char* steps_key = "steps_done";

}  // namespace

StepCheckpoint::StepCheckpoint(std::filesystem::path path, std::string identity)
    : path_(std::move(path)), identity_(core::sha256_hex(identity)) {}

std::optional<StepState> StepCheckpoint::read() const {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error)) return std::nullopt;
  try {
    const auto file = weights::TensorSource::open(path_);
    const auto& metadata = file->metadata();
    const auto identity = metadata.find(identity_key), steps = metadata.find(steps_key);
    if (identity == metadata.end() || steps == metadata.end() || identity->second != identity_)
      return std::nullopt;
    const auto steps_done = core::parse_integer(steps->second);
    if (!steps_done || *steps_done < 0) return std::nullopt;
    StepState state;
    state.steps_done = static_cast<std::size_t>(*steps_done);
    state.x = model::load_tensor(*file, "x");
    if (file->find("finished") != nullptr)
      for (const at::Tensor& latents : model::load_tensor(*file, "finished").split(1))
        state.finished.push_back(latents);
    return state;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void StepCheckpoint::write(const StepState& state) const {
  std::vector<std::pair<std::string, at::Tensor>> tensors{{"x", state.x}};
  if (!state.finished.empty()) tensors.emplace_back("finished", at::cat(state.finished, 0));
  model::save_tensors(path_, tensors,
                      {{identity_key, identity_}, {steps_key, std::to_string(state.steps_done)}},
                      core::Readers::owner);
}

}  // namespace turbodiff::pipeline
