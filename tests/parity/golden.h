// Reading a folder of golden cases and judging results against it. Nothing of its contents is assumed: sizes,
// files and tolerances come from the folder.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/runtime.h"
#include "weights/tensor_source.h"

namespace turbodiff::parity {

namespace fs = std::filesystem;

/// Largest deviation of a result: rel_l2 = ||a - b|| / ||b||, max_rel = max|a - b| / max|b|.
struct Distance {
  double rel_l2 = 0;
  double max_rel = 0;
};
/// NaN or a different shape give infinity.
Distance distance(const at::Tensor& actual, const at::Tensor& expected);

/// The tensors of a safetensors file, in fp32 (integers keep int64).
class TensorFile {
 public:
  explicit TensorFile(const fs::path& path) : source_(weights::TensorSource::open(path)) {}
  bool contains(const std::string& name) const { return source_->find(name) != nullptr; }
  at::Tensor f32(const std::string& name) const;
  at::Tensor f64(const std::string& name) const;
  at::Tensor integers(const std::string& name) const;
  const std::vector<std::string>& names() const { return source_->names(); }

 private:
  std::shared_ptr<const weights::TensorSource> source_;
};

nlohmann::json read_json(const fs::path& path);

/// How a network is run: in fp32, and by the dispatch that `generate` uses on this machine.
struct Run {
  std::string name;
  at::ScalarType type;
  bool exact;  ///< fp32
};
std::vector<Run> runs();

/// Twice the manifest's "<prefix>[_/]reference_in_bf16..." rel_l2, 0.03 where it has none.
double default_tolerance(const nlohmann::json& manifest, const std::string& prefix);

/// Prints a line a case and remembers whether all were well.
class Report {
 public:
  explicit Report(std::vector<std::string> selection) : selection_(std::move(selection)) {}

  /// True when `name` is selected: equal to, or below, one of the names in CASES. Without CASES everything
  /// is.
  bool wants(const std::string& name) const;
  /// True when something below folder `name` may be selected.
  bool wants_folder(const std::string& name) const;

  /// Runs `measure` and judges what it returns against `tolerance`. An exception fails the case with its
  /// message.
  void check(const std::string& name, double tolerance, const std::function<double()>& measure);
  void unsupported(const std::string& name);
  void failed(const std::string& name, const std::string& why);

  bool all_ok() const { return failures_ == 0; }
  int count() const { return count_; }
  int failures() const { return failures_; }

 private:
  void line(const std::string& name, const std::string& error, const std::string& tolerance,
            const char* status);
  std::vector<std::string> selection_;
  int count_ = 0;
  int failures_ = 0;
};

// One function a folder; each checks every case it finds there.
void check_tokenizer(const fs::path& folder, Report& report);
void check_umt5(const fs::path& folder, Report& report);
void check_vae21(const fs::path& folder, Report& report);
void check_dit_t2v(const fs::path& folder, Report& report);
void check_sampler(const fs::path& folder, Report& report);
void check_int8(const fs::path& folder, Report& report);
void check_sla(const fs::path& folder, Report& report);
void check_pipeline(const fs::path& folder, Report& report);
void check_gguf(const fs::path& folder, Report& report);
void check_pth(const fs::path& folder, Report& report);
/// Names the cases of a folder whose networks this version does not have.
void list_unsupported(const fs::path& folder, Report& report);

}  // namespace turbodiff::parity
