// 05_dit21_t2v: the text-to-video transformer in every checkpoint format, and its tables.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <set>

#include "core/environment.h"
#include "core/error.h"
#include "core/os/paths.h"
#include "model/infer_config.h"
#include "ops/rms_norm.h"
#include "ops/rope.h"
#include "parity/dit_case.h"
#include "pipeline/linear_choice.h"

namespace turbodiff::parity {

namespace {

/// Whose measurements `generate` goes by, too.
fs::path cache_folder() {
  try {
    return core::Paths(core::Environment::of_process()).cache_dir();
  } catch (const Error&) {
    return {};
  }
}

at::Tensor forward(model::WanDit& dit, const DitSettings& settings, const DitInputs& inputs,
                   model::Trace* trace) {
  dit.set_attention(settings.attention);
  return dit.forward(inputs.x, inputs.timesteps, dit.embed_text(inputs.context), {}, trace);
}

}  // namespace

at::Tensor run_dit(const fs::path& path, const DitSettings& settings, at::ScalarType type,
                   const DitInputs& inputs, model::Trace* trace) {
  const auto checkpoint = weights::Checkpoint::open(path, weights::Component::dit);
  model::WanDit dit({checkpoint, type, at::kCPU},
                    model::infer_dit_config(checkpoint, {settings.heads, settings.eps}));
  return forward(dit, settings, inputs, trace);
}

at::Tensor run_dit(const fs::path& path, const DitSettings& settings, const Run& run,
                   const DitInputs& inputs) {
  if (run.exact) return run_dit(path, settings, run.type, inputs);
  const auto checkpoint = weights::Checkpoint::open(path, weights::Component::dit);
  const auto config = model::infer_dit_config(checkpoint, {settings.heads, settings.eps});
  const pipeline::Runtime runtime{.device = at::kCPU, .type = run.type};
  const auto linear = pipeline::settle_linear(std::nullopt, config, runtime, cache_folder());
  model::WanDit dit({checkpoint, run.type, at::kCPU}, config, {}, linear.kind);
  return forward(dit, settings, inputs, nullptr);
}

namespace {

void check_tables(const fs::path& path, Report& report) {
  const TensorFile file(path);
  report.check("05_dit21_t2v/rope_and_time", 2e-6, [&] {
    double worst = 0;
    at::Tensor rotation;
    for (const std::string& name : file.names()) {
      long head_dim = 0, frames = 0, rows = 0, columns = 0, width = 0;
      if (std::sscanf(name.c_str(), "angles_hd%ld_T%ldH%ldW%ld", &head_dim, &frames, &rows, &columns) == 4) {
        const at::Tensor angles = ops::rope_angles(frames, rows, columns, head_dim);
        worst = std::max(worst, distance(angles, file.f32(name)).max_rel);
        const at::Tensor x = file.f32("x_B_L_N_D");
        if (x.size(1) == angles.size(0) && x.size(3) == head_dim) rotation = angles;
      } else if (std::sscanf(name.c_str(), "sinusoid_dim%ld", &width) == 1) {
        worst = std::max(
            worst,
            distance(model::sinusoidal_embedding(file.f32("sinusoid_t"), width), file.f32(name)).max_rel);
      }
    }
    if (!rotation.defined()) throw Error::bad_request("no angles for the rotated tensor");
    // The rotation as it is used: behind an RMS norm that is undone by rows of mean square one.
    const at::Tensor x = file.f32("x_B_L_N_D");
    const at::Tensor flat = x.flatten(2), size = flat.square().mean({-1}, true).sqrt();
    const at::Tensor rotated =
        ops::rms_norm_rope(flat / size, at::ones({flat.size(2)}), 0.0, rotation.cos(), rotation.sin()) * size;
    return std::max(worst, distance(rotated.view(x.sizes()), file.f32("rotated")).rel_l2);
  });
}

}  // namespace

void check_dit_t2v(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  if (fs::exists(folder / "rope_and_time.safetensors"))
    check_tables(folder / "rope_and_time.safetensors", report);
  std::set<std::string> case_files{"rope_and_time"};
  for (const auto& [name, values] : manifest["cases"].items()) case_files.insert(name);

  for (const auto& [net, config] : manifest["config"].items()) {
    const DitSettings settings{config["heads"].get<std::int64_t>(), config.value("eps", 1e-6)};
    const fs::path primary = folder / config["ckpt"]["fp32"].get<std::string>();
    std::set<fs::path> others;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto extension = entry.path().extension();
      if ((extension == ".pth" || extension == ".safetensors" || extension == ".gguf") &&
          entry.path() != primary && !case_files.contains(entry.path().stem()) &&
          entry.path().stem().string().starts_with(net))
        others.insert(entry.path());
    }
    for (const auto& values : config["cases"]) {
      const auto short_name = values[0].get<std::string>();
      const std::string name = net + "_" + short_name;
      const TensorFile file(folder / (name + ".safetensors"));
      const DitInputs inputs{file.f32("x"), file.f32("timesteps").flatten(), file.f32("context")};
      const at::Tensor expected = file.f32("out");
      for (const Run& run : runs())
        report.check(fmt::format("05_dit21_t2v/{}/{}", name, run.name),
                     run.exact ? 2e-5 : default_tolerance(manifest, net + "/" + short_name),
                     [&] { return distance(run_dit(primary, settings, run, inputs), expected).rel_l2; });
      for (const fs::path& other : others)
        report.check(fmt::format("05_dit21_t2v/{}/{}", name, other.filename().string()), 2e-5,
                     [&] { return distance(run_dit(other, settings, at::kFloat, inputs), expected).rel_l2; });
      report.check(fmt::format("05_dit21_t2v/{}/layers", name), 2e-5, [&] {
        model::Trace trace;
        run_dit(primary, settings, at::kFloat, inputs, &trace);
        double worst = 0;
        for (const std::string& tensor : file.names()) {
          if (!tensor.starts_with("dbg.")) continue;
          const at::Tensor found = trace.at(tensor.substr(4)), wanted = file.f32(tensor);
          // Padding rows of the text are collapsed into one; the rest must agree.
          const at::Tensor part =
              found.size(1) < wanted.size(1) ? wanted.narrow(1, 0, found.size(1)) : wanted;
          worst = std::max(worst, distance(found, part).rel_l2);
        }
        return worst;
      });
    }
  }
}

}  // namespace turbodiff::parity
