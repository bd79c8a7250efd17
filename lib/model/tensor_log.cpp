#include "model/tensor_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace turbodiff::model {

namespace {

bool fits(const std::vector<std::int64_t>& found, const std::vector<std::int64_t>& wanted) {
  if (found.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (wanted[i] != any_size && found[i] != wanted[i]) return false;
  return true;
}

std::string pattern_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += size == any_size ? "any" : std::to_string(size);
  }
  return text + "]";
}

}  // namespace

std::optional<Misfit> find_misfit(const weights::Checkpoint& checkpoint, const std::string& name,
                                  const std::vector<std::int64_t>& shape, ElementKind kind) {
  const std::string path = checkpoint.path().string();
  const weights::TensorView* view = checkpoint.find(name);
  try {
    checkpoint.at(name);
  } catch (const Error& error) {
    if (view != nullptr) return Misfit{error};
    return Misfit{
        Error::bad_request(fmt::format("{}, expected with shape {}", error.message(), pattern_text(shape)),
                           error.hint()),
        true};
  }
  if (!fits(view->shape, shape))
    return Misfit{Error::bad_request(fmt::format("tensor '{}' of '{}' has shape {}, expected {}", name, path,
                                                 weights::shape_text(view->shape), pattern_text(shape)),
                                     "the file belongs to another model or size than the rest")};
  if (kind == ElementKind::int8) {
    if (view->block == weights::BlockFormat::none && view->dtype == Dtype::i8) return std::nullopt;
    return Misfit{Error::bad_request(
        fmt::format("tensor '{}' of '{}' is {}, expected int8", name, path, name_of(view->dtype)),
        "int8 layers are stored as int8_weight, scale and bias")};
  }
  if (view->block != weights::BlockFormat::none || is_floating(view->dtype)) return std::nullopt;
  return Misfit{Error::bad_request(
      fmt::format("tensor '{}' of '{}' is {}, expected floating point", name, path, name_of(view->dtype)),
      "it is quantised in a way that is not supported; pass the bf16, fp16 or GGUF file of the same model")};
}

bool TensorLog::misses_any() const {
  return std::any_of(misfits.begin(), misfits.end(), [](const Misfit& misfit) { return misfit.missing; });
}

void TensorLog::require_all() const {
  if (misfits.empty()) return;
  std::int64_t missing = 0, others = 0;
  for (std::size_t i = 1; i < misfits.size(); ++i) ++(misfits[i].missing ? missing : others);
  const Error& first = misfits.front().error;
  std::string message = first.message();
  const auto add = [&](std::int64_t count, const char* one, const char* several) {
    if (count > 0) message += fmt::format("; {} more {}", count, count == 1 ? one : several);
  };
  add(missing, "is missing", "are missing");
  add(others, "does not fit", "do not fit");
  throw Error(first.code(), message, first.hint());
}

}  // namespace turbodiff::model
