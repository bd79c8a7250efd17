#include "parity/golden.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "model/parameters.h"

namespace turbodiff::parity {

Distance distance(const at::Tensor& actual, const at::Tensor& expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!actual.sizes().equals(expected.sizes())) return {infinity, infinity};
  if (expected.numel() == 0) return {0, 0};
  const at::Tensor a = actual.to(at::kDouble), b = expected.to(at::kDouble), d = a - b;
  const double norm = b.norm().item<double>(), peak = b.abs().max().item<double>();
  const double off = d.norm().item<double>(), worst = d.abs().max().item<double>();
  if (!std::isfinite(off)) return {infinity, infinity};
  return {norm > 0 ? off / norm : off, peak > 0 ? worst / peak : worst};
}

at::Tensor TensorFile::f32(const std::string& name) const {
  const auto& view = source_->at(name);
  at::Tensor values = at::empty(view.shape, at::kFloat);
  weights::read_as_f32(view, values.mutable_data_ptr<float>());
  return values;
}
at::Tensor TensorFile::f64(const std::string& name) const {
  return model::wrap(source_->at(name)).to(at::kDouble);
}
at::Tensor TensorFile::integers(const std::string& name) const {
  return model::wrap(source_->at(name)).to(at::kLong);
}

nlohmann::json read_json(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw Error::bad_request(fmt::format("cannot read '{}'", path.string()));
  auto document = nlohmann::json::parse(in, nullptr, false);
  if (document.is_discarded()) throw Error::bad_request(fmt::format("'{}' is not JSON", path.string()));
  return document;
}

std::vector<Run> runs() {
  const auto runtime = pipeline::resolve_runtime(spec::GenerationRequest{}, 1e15);
  return {{"fp32", at::kFloat, true}, {"default", runtime.type, false}};
}

double default_tolerance(const nlohmann::json& manifest, const std::string& prefix) {
  const auto tolerances = manifest.find("tolerance");
  if (tolerances != manifest.end())
    for (const auto& [name, values] : tolerances->items())
      if ((name.starts_with(prefix + "_reference_in_bf16") ||
           name.starts_with(prefix + "/reference_in_bf16")) &&
          values.contains("rel_l2"))
        return 2 * values["rel_l2"].get<double>();
  return 0.03;
}

bool Report::wants(const std::string& name) const {
  return selection_.empty() ||
         std::any_of(selection_.begin(), selection_.end(), [&](const std::string& wanted) {
           return name == wanted || (name.starts_with(wanted) && name[wanted.size()] == '/');
         });
}

bool Report::wants_folder(const std::string& name) const {
  return wants(name) || std::any_of(selection_.begin(), selection_.end(), [&](const std::string& wanted) {
           return wanted.starts_with(name + "/");
         });
}

void Report::check(const std::string& name, double tolerance, const std::function<double()>& measure) {
  if (!wants(name)) return;
  try {
    const double error = measure();
    const bool ok = error <= tolerance;
    line(name, fmt::format("{:.3g}", error), fmt::format("{:.3g}", tolerance), ok ? "ok" : "FAIL");
    if (!ok) ++failures_;
  } catch (const std::exception& error) {
    failed(name, error.what());
  }
}

void Report::unsupported(const std::string& name) {
  if (!wants(name)) return;
  line(name, "-", "-", "unsupported");
  ++failures_;
}

void Report::failed(const std::string& name, const std::string& why) {
  if (!wants_folder(name)) return;
  line(name, "-", "-", "FAIL");
  fmt::print(stderr, "{}: {}\n", name, why);
  ++failures_;
}

void Report::line(const std::string& name, const std::string& error, const std::string& tolerance,
                  const char* status) {
  fmt::print("{:<52}  {:>9}  {:>9}  {}\n", name, error, tolerance, status);
  std::fflush(stdout);
  ++count_;
}

}  // namespace turbodiff::parity
