// 09_sla: block maps, sparse-linear attention and SageSLA's quantisation, and transformers that use them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "ops/sage_quantise.h"
#include "ops/sla.h"
#include "parity/dit_case.h"

namespace turbodiff::parity {

namespace {

constexpr double exact_fp32 = 2e-5;
/// int8 values may differ by one where fp32 sums in another order leave them on a tie.
constexpr double exact_int8 = 1e-4;

ops::FeatureMap feature_map_of(const std::string& name) {
  if (name == "softmax") return ops::FeatureMap::softmax;
  if (name == "elu") return ops::FeatureMap::elu;
  if (name == "relu") return ops::FeatureMap::relu;
  throw Error::bad_request(fmt::format("feature map '{}' is not known", name));
}

ops::SlaOptions options_of(const nlohmann::json& run) {
  ops::SlaOptions options;
  options.tiling = {run["BLKQ"].get<std::int64_t>(), run["BLKK"].get<std::int64_t>()};
  options.topk = run["ratio"].get<double>();
  if (run.contains("feature_map"))
    options.feature_map = feature_map_of(run["feature_map"].get<std::string>());
  return options;
}

/// Share of elements that differ.
double differing(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.sizes().equals(expected.sizes())) return 1;
  return (actual.to(at::kLong) != expected.to(at::kLong)).to(at::kDouble).mean().item<double>();
}

/// [B, H, M, n] block numbers -> [B, H, M, blocks] of 0 and 1.
at::Tensor as_mask(const at::Tensor& blocks, std::int64_t count) {
  return at::zeros({blocks.size(0), blocks.size(1), blocks.size(2), count}, at::kLong)
      .scatter_(-1, blocks.to(at::kLong), 1);
}

class AttentionCase {
 public:
  AttentionCase(std::string name, const fs::path& path, const nlohmann::json& manifest, Report& report)
      : name_(std::move(name)),
        file_(path),
        manifest_(manifest),
        report_(report),
        q_(file_.f32("q_B_L_H_D")),
        k_(file_.f32("k_B_L_H_D")),
        v_(file_.f32("v_B_L_H_D")) {}

  void check_run(const nlohmann::json& run) {
    const auto key = run["key"].get<std::string>(), map = run["feature_map"].get<std::string>();
    const ops::SlaOptions options = options_of(run);
    check_map(key, options);
    if (const std::string expected = key + ".o_sparse"; file_.contains(expected))
      check_sparse(key, expected, options);
    if (const std::string expected = "o_linear." + map; file_.contains(expected))
      report_.check(label(key, map + "/linear"), exact_fp32, [&] {
        return distance(ops::reference::linear_branch(q_, k_, v_, options.feature_map), file_.f32(expected))
            .rel_l2;
      });
    const ops::SlaProjection projection{file_.f32("proj_l.weight"), file_.f32("proj_l.bias")};
    for (const Run& as : runs())
      report_.check(
          label(key, map + "/" + as.name), as.exact ? exact_fp32 : bf16_tolerance(key + "/" + map), [&] {
            const at::Tensor out =
                ops::sla_attention(q_.to(as.type), k_.to(as.type), v_.to(as.type), projection, options);
            return distance(out.to(at::kFloat), file_.f32(key + "." + map + ".out")).rel_l2;
          });
  }

  void check_sage(const nlohmann::json& run) {
    const auto key = run["key"].get<std::string>();
    ops::SlaOptions options = options_of(run);
    options.int8_scores = true;
    check_map(key, options);
    check_quantised(key, "q", q_, options.tiling.q_rows);
    check_quantised(key, "k", ops::sage_smooth(k_), options.tiling.k_rows);
    if (file_.contains(key + ".bf16flow.k_int8"))
      check_quantised(key + ".bf16flow", "k", ops::sage_smooth(k_.to(at::kBFloat16)), options.tiling.k_rows);
    check_sparse(key, key + ".o_sparse_int8qk", options);
    if (const std::string expected = key + ".o_sparse_int8qk_fp8pv"; file_.contains(expected))
      report_.check(label(key, "fp8pv"), 0.03,
                    [&] { return sparse_distance(key, expected, options, at::kFloat); });
  }

 private:
  std::string label(const std::string& key, const std::string& what) const {
    return fmt::format("09_sla/{}/{}/{}", name_, key, what);
  }
  double bf16_tolerance(const std::string& run) const {
    return default_tolerance(manifest_, name_ + "/" + run);
  }

  void check_map(const std::string& key, const ops::SlaOptions& options) {
    if (!file_.contains(key + ".block_map")) return;
    report_.check(label(key, "block_map"), 0, [&] {
      const at::Tensor expected = file_.integers(key + ".block_map");
      const at::Tensor blocks = ops::block_map(q_, k_, options.tiling, options.topk);
      double off = differing(as_mask(blocks, expected.size(-1)), expected);
      if (file_.contains(key + ".lut_sorted"))
        off = std::max(off, differing(blocks, file_.integers(key + ".lut_sorted")));
      return off;
    });
  }

  double sparse_distance(const std::string& key, const std::string& expected, const ops::SlaOptions& options,
                         at::ScalarType type) const {
    const at::Tensor blocks = ops::block_map(q_, k_, options.tiling, options.topk);
    const at::Tensor out = ops::sparse_attention(q_.to(type), k_.to(type), v_.to(type), blocks, options);
    return distance(out.to(at::kFloat).transpose(1, 2), file_.f32(expected)).rel_l2;
  }

  void check_sparse(const std::string& key, const std::string& expected, const ops::SlaOptions& options) {
    for (const Run& as : runs())
      report_.check(label(key, "sparse/" + as.name), as.exact ? exact_fp32 : 0.03,
                    [&] { return sparse_distance(key, expected, options, as.type); });
  }

  void check_quantised(const std::string& key, const std::string& which, const at::Tensor& x,
                       std::int64_t rows) {
    report_.check(label(key, which + "_int8"), exact_int8, [&] {
      const ops::SageBlocks blocks = ops::sage_quantise(x, rows);
      const double scales = distance(blocks.scales, file_.f32(key + "." + which + "_scale")).max_rel;
      return std::max(scales,
                      differing(blocks.values.transpose(1, 2), file_.integers(key + "." + which + "_int8")));
    });
  }

  std::string name_;
  TensorFile file_;
  const nlohmann::json& manifest_;
  Report& report_;
  at::Tensor q_, k_, v_;
};

void check_topk(const fs::path& path, Report& report) {
  report.check("09_sla/topk_table", 0, [&] {
    double wrong = 0;
    const auto table = read_json(path);
    for (const auto& row : table["rows"]) {
      const auto expected = std::max<std::int64_t>(1, row[2].get<std::int64_t>());
      if (ops::kept_blocks(row[1].get<std::int64_t>(), row[0].get<double>()) != expected) ++wrong;
    }
    return wrong;
  });
}

void check_transformer(const fs::path& folder, const nlohmann::json& manifest, const std::string& name,
                       const std::string& net, const nlohmann::json& config, Report& report) {
  const TensorFile file(folder / (name + ".safetensors"));
  const DitInputs inputs{file.f32("x"), file.f32("timesteps").flatten(), file.f32("context")};
  DitSettings settings{.heads = config["heads"].get<std::int64_t>(), .eps = config.value("eps", 1e-6)};
  settings.attention.topk = config["ratio"].get<double>();
  const std::string case_name = net + "_sla/" + name.substr(net.size() + 1);
  const auto check = [&](const std::string& kind, const std::string& expected, double exact) {
    if (!file.contains(expected)) return;
    for (const Run& run : runs())
      report.check(fmt::format("09_sla/{}/{}/{}", name, kind, run.name),
                   run.exact ? exact : default_tolerance(manifest, case_name), [&] {
                     const at::Tensor out = run_dit(folder / (net + "_sla.pth"), settings, run, inputs);
                     return distance(out, file.f32(expected)).rel_l2;
                   });
  };
  settings.attention.kind = model::SelfAttention::Kind::sla;
  check("sla", "out", exact_fp32);
  settings.attention.kind = model::SelfAttention::Kind::sagesla;
  // Sums in another order move single int8 values, each by a 127th of its block's largest.
  check("sagesla", "out_sagesla_int8qk", 1e-3);
}

}  // namespace

void check_sla(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  if (fs::exists(folder / "topk_table.json")) check_topk(folder / "topk_table.json", report);
  for (const auto& [name, values] : manifest["cases"].items()) {
    if (values.contains("runs") || values.contains("sage_runs")) {
      AttentionCase attention(name, folder / (name + ".safetensors"), manifest, report);
      for (const auto& run : values.value("runs", nlohmann::json::array())) attention.check_run(run);
      for (const auto& run : values.value("sage_runs", nlohmann::json::array())) attention.check_sage(run);
      continue;
    }
    const auto net = name.substr(0, name.find('_'));
    check_transformer(folder, manifest, name, net, manifest["config"].at(net), report);
  }
}

}  // namespace turbodiff::parity
