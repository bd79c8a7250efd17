// 08_sampler: times, trajectories and the noise stream.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "parity/golden.h"
#include "sampler/noise_schedule.h"
#include "sampler/noise_source.h"
#include "sampler/rcm_sampler.h"

namespace turbodiff::parity {

namespace {

/// The analytic denoisers of the set: a x + b t, and for the low-noise expert + c clamp(x, -1, 1)^2.
at::Tensor velocity(const nlohmann::json& net, const at::Tensor& x, double t) {
  at::Tensor v = x * net["a"].get<double>() + net["b"].get<double>() * t;
  if (net.contains("c")) v = v + x.clamp(-1, 1).square() * net["c"].get<double>();
  return v;
}

double check_times(const nlohmann::json& run, const std::vector<double>& times) {
  double worst = 0;
  const auto expected = run["t_steps"].get<std::vector<double>>();
  if (expected.size() != times.size()) throw Error::bad_request("another number of times");
  for (std::size_t i = 0; i < times.size(); ++i) worst = std::max(worst, std::abs(times[i] - expected[i]));
  const auto network = run["timesteps_bf16"].get<std::vector<double>>();
  for (std::size_t i = 0; i < network.size(); ++i)
    if (static_cast<double>(sampler::network_time(times[i])) != network[i])
      throw Error::bad_request(fmt::format("the network's time of step {} is {}, expected {}", i,
                                           sampler::network_time(times[i]), network[i]));
  if (!run["boundary"].is_null()) {
    const auto low = sampler::low_noise_steps(times, run["boundary"].get<double>());
    const auto nets = run["net_per_step"].get<std::vector<int>>();
    for (std::size_t i = 0; i < nets.size(); ++i)
      if (low[i] != (nets[i] == 1)) throw Error::bad_request(fmt::format("step {} runs the wrong expert", i));
  }
  return worst;
}

}  // namespace

void check_sampler(const fs::path& folder, Report& report) {
  const auto manifest = read_json(folder / "manifest.json"), schedule = read_json(folder / "schedule.json");
  const TensorFile file(folder / "trajectories.safetensors");
  for (const auto& [name, run] : schedule.items()) {
    const bool has_trajectory = file.contains(name + ".trajectory_f64");
    report.check("08_sampler/" + name, has_trajectory ? 1e-12 : 1e-7, [&, &run = run, &name = name] {
      sampler::RcmInputs inputs;
      inputs.noise = file.f32("init_noise");
      inputs.times = sampler::rcm_times(run["steps"].get<int>(), run["sigma_max"].get<double>());
      inputs.ode = run["ode"].get<bool>();
      const auto nets = run["net_per_step"].get<std::vector<int>>();
      inputs.denoiser = [&](const at::Tensor& x, double t, std::size_t step) {
        return velocity(manifest["config"][nets.at(step) == 1 ? "low" : "high"], x, t);
      };
      const at::Tensor fresh = file.f32("step_noise");
      inputs.step_noise = [&](std::size_t step) { return fresh[static_cast<std::int64_t>(step)]; };
      std::vector<at::Tensor> states;
      inputs.on_step = [&](std::size_t, const at::Tensor& x) { states.push_back(x); };
      const double times_off = check_times(run, inputs.times);
      const at::Tensor final = sampler::sample_rcm(inputs);
      const double final_off = distance(final.to(at::kFloat), file.f32(name + ".final_f32")).rel_l2;
      if (final_off > 1e-7) return final_off;
      if (!has_trajectory) return std::max(times_off, final_off);
      return std::max(times_off, distance(at::stack(states), file.f64(name + ".trajectory_f64")).rel_l2);
    });
  }
  for (const std::string& name : file.names()) {
    unsigned long seed = 0;
    if (!name.ends_with(".first") || std::sscanf(name.c_str(), "torch_cpu_randn.seed%lu", &seed) != 1)
      continue;
    report.check(fmt::format("08_sampler/torch_cpu_randn.seed{}", seed), 0, [&] {
      const at::Tensor first = file.f32(name);
      auto noise = sampler::NoiseSource::seeded(seed);
      const auto shape = first.sizes().vec();
      const double off = distance(noise.initial(shape), first).rel_l2;
      const std::string stem = name.substr(0, name.size() - 5);
      return std::max(off, distance(noise.step(shape, 0), file.f32(stem + "second")).rel_l2);
    });
  }
}

}  // namespace turbodiff::parity
