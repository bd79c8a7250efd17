// 12_gguf and 13_pth_edge: what the checkpoint readers make of every format, and networks run from GGUF
// files.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <limits>

#include "core/error.h"
#include "model/parameters.h"
#include "parity/dit_case.h"

namespace turbodiff::parity {

namespace {

/// Values of any view as float64, so that int64 and fp64 compare exactly.
at::Tensor values_of(const weights::TensorView& view) {
  if (view.block == weights::BlockFormat::none && view.dtype != Dtype::f8_e4m3 &&
      view.dtype != Dtype::f8_e5m2)
    return model::wrap(view).to(at::kDouble).contiguous();
  at::Tensor values = at::empty(view.shape, at::kFloat);
  weights::read_as_f32(view, values.mutable_data_ptr<float>());
  return values.to(at::kDouble);
}

double exact(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.sizes().equals(expected.sizes())) return std::numeric_limits<double>::infinity();
  return expected.numel() == 0 ? 0 : (actual - expected).abs().max().item<double>();
}

/// Heads of a net that several folders use: this folder's manifest, else that of the folder that has the net.
std::int64_t heads_of(const fs::path& folder, const nlohmann::json& config) {
  if (config.contains("heads")) return config["heads"].get<std::int64_t>();
  const auto nets = read_json(folder.parent_path() / "05_dit21_t2v" / "manifest.json")["config"];
  return nets.begin().value()["heads"].get<std::int64_t>();
}

void check_forward(const fs::path& folder, const fs::path& checkpoint, const std::string& label,
                   std::int64_t heads, const DitInputs& inputs, const at::Tensor& expected, Report& report) {
  for (const Run& run : runs())
    report.check(fmt::format("12_gguf/{}/{}", label, run.name), run.exact ? 2e-5 : 0.03, [&] {
      return distance(run_dit(checkpoint, {heads, std::nullopt}, run, inputs), expected).rel_l2;
    });
}

}  // namespace

void check_gguf(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  if (fs::exists(folder / "all_types.gguf")) {
    const auto source = weights::TensorSource::open(folder / "all_types.gguf");
    const auto expected = weights::TensorSource::open(folder / "all_types_expected.safetensors");
    for (const auto& wanted : expected->tensors()) {
      const auto* found = source->find(wanted.name);
      const bool k_quant = found != nullptr && weights::name_of(found->block).ends_with("_K");
      report.check("12_gguf/all_types/" + wanted.name, k_quant ? 1e-6 : 0, [&] {
        const at::Tensor a = values_of(source->at(wanted.name)), b = values_of(wanted);
        return k_quant ? distance(a, b).max_rel : exact(a, b);
      });
    }
  }
  for (const auto& [name, config] : manifest["config"].items()) {
    const fs::path own = folder / (name + ".gguf"), tiny = folder / ("tiny_" + name + ".gguf");
    if (fs::exists(own)) {  // a net of its own, with its own inputs
      const TensorFile file(folder / (name.substr(0, name.find('_')) + "_expected.safetensors"));
      check_forward(folder, own, name, heads_of(folder, config),
                    {file.f32("x"), file.f32("timesteps").flatten(), file.f32("context")}, file.f32("out"),
                    report);
    } else if (fs::exists(tiny)) {
      const TensorFile file(folder / "tiny_expected.safetensors");
      for (const std::string& tensor : file.names()) {
        const std::string prefix = name + ".", suffix = ".out";
        if (!tensor.starts_with(prefix) || !tensor.ends_with(suffix)) continue;
        const std::string input = tensor.substr(prefix.size(), tensor.size() - prefix.size() - suffix.size());
        check_forward(
            folder, tiny, "tiny_" + name + "/" + input, heads_of(folder, config),
            {file.f32(input + ".x"), file.f32(input + ".timesteps").flatten(), file.f32(input + ".context")},
            file.f32(tensor), report);
      }
    } else {
      report.failed("12_gguf/" + name, "no file of that name");
    }
  }
}

void check_pth(const fs::path& folder, Report& report) {
  const auto expected = weights::TensorSource::open(folder / "expected.safetensors");
  const auto compare = [&](const std::string& file, const std::string& prefix, bool as_checkpoint) {
    report.check("13_pth_edge/" + file, 0, [&] {
      const auto source = weights::TensorSource::open(folder / (file + ".pth"));
      double worst = 0;
      int compared = 0;
      for (const auto& wanted : expected->tensors()) {
        if (!wanted.name.starts_with(prefix + ".")) continue;
        const std::string name = wanted.name.substr(prefix.size() + 1);
        const auto* found = as_checkpoint ? nullptr : source->find(name);
        std::optional<weights::Checkpoint> checkpoint;
        if (as_checkpoint) {
          checkpoint = weights::Checkpoint::from(source, weights::Component::dit);
          found = checkpoint->find(name);
        }
        if (found == nullptr) throw Error::bad_request(fmt::format("tensor '{}' not found", name));
        worst = std::max(worst, exact(values_of(*found), values_of(wanted)));
        ++compared;
      }
      if (compared == 0) throw Error::bad_request("nothing to compare with");
      return worst;
    });
  };
  compare("ordered_dict", "ordered_dict", false);
  compare("plain_dict_mixed", "ordered_dict", false);
  compare("plain_dict_mixed", "plain_dict_mixed", false);
  compare("module_state_dict", "module", false);
  compare("wrapped_net_prefix", "wrapped", true);
  report.check("13_pth_edge/legacy_format", 0, [&] {
    try {
      const auto source = weights::TensorSource::open(folder / "legacy_format.pth");
      double worst = 0;
      for (const std::string& name : source->names())
        worst = std::max(worst,
                         exact(values_of(source->at(name)), values_of(expected->at("ordered_dict." + name))));
      return worst;
    } catch (const Error& refusal) {
      return refusal.code() == ErrorCode::bad_request && !refusal.hint().empty() ? 0.0 : 1.0;
    }
  });
}

void list_unsupported(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  for (const auto& [name, values] : manifest["cases"].items())
    report.unsupported(folder.filename().string() + "/" + name);
}

}  // namespace turbodiff::parity
