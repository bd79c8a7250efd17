// 10_int8linear: blockwise quantisation, int8 layers, and transformers whose checkpoints hold them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "ops/int8/int8_linear.h"
#include "parity/dit_case.h"

namespace turbodiff::parity {

namespace {

/// At most one value in 10,000 may differ, by one.
constexpr double values_tolerance = 1e-4;

/// Share of values that differ; infinite where one does by more than 1.
double off_by_one(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.sizes().equals(expected.sizes())) return std::numeric_limits<double>::infinity();
  const at::Tensor apart = (actual.to(at::kLong) - expected.to(at::kLong)).abs();
  if (apart.max().item<std::int64_t>() > 1) return std::numeric_limits<double>::infinity();
  return apart.to(at::kDouble).mean().item<double>();
}

double matrix_distance(const ops::Int8Matrix& actual, const TensorFile& file, const std::string& values,
                       const std::string& scales) {
  return std::max(off_by_one(actual.values, file.integers(values)),
                  distance(actual.scales, file.f32(scales)).max_rel);
}

void check_layer(const std::string& name, const TensorFile& file, const nlohmann::json& manifest,
                 Report& report) {
  const auto label = [&](const char* what) { return fmt::format("10_int8linear/{}/{}", name, what); };
  const at::Tensor x = file.f32("x");
  const ops::Int8Matrix weight{file.integers("int8_weight").to(at::kChar), file.f32("scale")};
  const auto flat = [](const at::Tensor& t) { return t.reshape({-1, t.size(-1)}); };
  report.check(label("weight"), values_tolerance, [&] {
    return matrix_distance(ops::int8_quantise(file.f32("weight_bf16").to(at::kBFloat16)), file, "int8_weight",
                           "scale");
  });
  report.check(label("x"), values_tolerance,
               [&] { return matrix_distance(ops::int8_quantise(flat(x)), file, "x_int8", "x_scale"); });
  report.check(label("fp32"), 2e-5, [&] {
    return distance(ops::int8_linear(ops::Int8Input(x), ops::Int8Weight(weight), file.f32("bias")),
                    file.f32("out"))
        .rel_l2;
  });
  if (!file.contains("bf16.out")) return;
  const at::Tensor x16 = x.to(at::kBFloat16);
  report.check(label("bf16.x"), values_tolerance, [&] {
    return matrix_distance(ops::int8_quantise(flat(x16)), file, "bf16.x_int8", "bf16.x_scale");
  });
  report.check(label("bf16"), default_tolerance(manifest, name), [&] {
    const at::Tensor y =
        ops::int8_linear(ops::Int8Input(x16), ops::Int8Weight(weight), file.f32("bias").to(at::kBFloat16));
    return distance(flat(y.to(at::kFloat)), flat(file.f32("bf16.out"))).rel_l2;
  });
}

void check_transformer(const fs::path& folder, const std::string& name, const std::string& net,
                       const nlohmann::json& manifest, Report& report) {
  const auto& config = manifest["config"].at(net);
  const TensorFile file(folder / (name + ".safetensors"));
  const DitInputs inputs{file.f32("x"), file.f32("timesteps").flatten(), file.f32("context")};
  DitSettings settings{.heads = config["heads"].get<std::int64_t>(), .eps = config.value("eps", 1e-6)};
  if (config.value("attn", "original") != "original") {
    settings.attention = {model::SelfAttention::Kind::sla, config.value("ratio", 0.1)};
  }
  for (const Run& run : runs())
    // Sums in another order move single int8 values, each by a 128th of its block's largest.
    report.check(fmt::format("10_int8linear/{}/{}", name, run.name),
                 run.exact ? 1e-3 : default_tolerance(manifest, name), [&] {
                   const at::Tensor out = run_dit(folder / (net + ".pth"), settings, run, inputs);
                   return distance(out, file.f32("out")).rel_l2;
                 });
}

}  // namespace

void check_int8(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  for (const auto& [name, values] : manifest["cases"].items()) {
    const auto net = name.substr(0, name.find('_'));
    if (manifest.contains("config") && manifest["config"].contains(net))
      check_transformer(folder, name, net, manifest, report);
    else
      check_layer(name, TensorFile(folder / (name + ".safetensors")), manifest, report);
  }
}

}  // namespace turbodiff::parity
