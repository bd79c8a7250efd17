// 03_vae21: the video autoencoder, both ways.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <limits>

#include "core/error.h"
#include "model/infer_config.h"
#include "model/wan_vae.h"
#include "parity/golden.h"

namespace turbodiff::parity {

namespace {

model::WanVae load(const fs::path& path, at::ScalarType type) {
  const auto checkpoint = weights::Checkpoint::open(path, weights::Component::vae);
  return model::WanVae({checkpoint, type, at::kCPU}, model::infer_vae_config(checkpoint),
                       model::WanVae::Parts::both);
}

/// rel_l2, or infinity where the largest single deviation is out of bounds in an exact run.
double judged(const Distance& distance, bool exact) {
  return exact && distance.max_rel > 1e-5 ? std::numeric_limits<double>::infinity() : distance.rel_l2;
}

double measure(const model::WanVae& vae, const std::string& name, const TensorFile& file, bool exact) {
  if (name.starts_with("decode"))
    return judged(distance(vae.decode(file.f32("latent")), file.f32("video")), exact);
  const at::Tensor video = file.f32("video");
  return std::max(judged(distance(vae.encode(video), file.f32("latent")), exact),
                  judged(distance(vae.encode_mean(video), file.f32("mu_unscaled")), exact));
}

}  // namespace

void check_vae21(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json");
  for (const auto& [name, values] : manifest["cases"].items()) {
    const TensorFile file(folder / (name + ".safetensors"));
    for (const Run& run : runs())
      report.check(fmt::format("03_vae21/{}/{}", name, run.name),
                   run.exact ? 5e-6 : default_tolerance(manifest, name),
                   [&] { return measure(load(folder / "vae.pth", run.type), name, file, run.exact); });
    const fs::path debug = folder / (name + "_debug.safetensors");
    if (fs::exists(debug))
      report.check(fmt::format("03_vae21/{}/layers", name), 5e-6, [&] {
        model::Trace trace;
        load(folder / "vae.pth", at::kFloat).decode(file.f32("latent"), &trace);
        const TensorFile expected(debug);
        double worst = 0;
        for (const std::string& tensor : expected.names())
          worst = std::max(worst, distance(trace.at(tensor), expected.f32(tensor)).rel_l2);
        return worst;
      });
  }
}

}  // namespace turbodiff::parity
