#include "meter/machine_meter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace turbodiff::meter {
namespace {

constexpr double gpu_max_watts = 1500, package_max_watts = 1000;
constexpr double gpu_usual_watts = 50;
/// Of a core at full load, where nothing counts it.
constexpr double core_watts = 8;
/// Power readings further apart than that do not tell what was between them.
constexpr double gpu_sparse_s = 1, plug_sparse_s = 5;
constexpr double disagreement = 0.03, least_disagreement_uj = 10e6;
/// A plug counts in coarse steps; below that many microjoules it is not compared.
constexpr double least_plug_uj = 360e9;
/// So much of the energy may be filled in without calling the whole an estimate.
constexpr double guessed_share = 0.01;

// Relative errors at 95 %: NVML's is NVIDIA's own figure for its boards, the others are assumptions.
constexpr double counter_error = 0.05, power_error = 0.05, rapl_error = 0.05, guess_error = 0.5,
                 plug_error = 0.02;
constexpr double cpu_model_error = 0.5;

CounterFacts sum_of(const std::vector<CounterAccumulator>& counters) {
  CounterFacts sum;
  for (const CounterAccumulator& counter : counters) {
    const CounterFacts facts = counter.facts();
    sum.by_counter_uj += facts.by_counter_uj;
    sum.by_power_uj += facts.by_power_uj;
    sum.guessed_uj += facts.guessed_uj;
    sum.missing = sum.missing || facts.missing;
    sum.reset = sum.reset || facts.reset;
    sum.wrapped = sum.wrapped || facts.wrapped;
    sum.lost = sum.lost || facts.lost;
    sum.compared_counter_uj += facts.compared_counter_uj;
    sum.compared_power_uj += facts.compared_power_uj;
  }
  return sum;
}

bool disagree(std::int64_t a, std::int64_t b) {
  const auto difference = std::abs(static_cast<double>(a - b));
  return difference > least_disagreement_uj &&
         difference > disagreement * static_cast<double>(std::max(a, b));
}

double square(double value) {
  return value * value;
}

}  // namespace

MachineMeter::MachineMeter(MachineSettings settings) : settings_(std::move(settings)), wall_(settings_.wall) {
  for (std::size_t i = 0; i < settings_.gpus; ++i)
    // Counts of millijoules; some drivers keep them in 32 bits.
    gpus_.emplace_back(CounterTraits{1000, {std::uint64_t{1} << 32, 0}, gpu_max_watts, gpu_usual_watts});
  const double packages = static_cast<double>(std::max<std::size_t>(1, settings_.cpu_ranges.size()));
  for (const std::uint64_t range : settings_.cpu_ranges) {
    CounterTraits traits{1, {}, package_max_watts, core_watts * settings_.cores / packages / 2};
    if (range > 0) traits.ranges.push_back(range);
    cpus_.emplace_back(std::move(traits));
  }
}

void MachineMeter::feed_gpus(double awake_s, const Reading& reading) {
  for (std::size_t i = 0; i < gpus_.size(); ++i) {
    const GpuReading gpu = i < reading.gpus.size() ? reading.gpus[i] : GpuReading{};
    total_.gpu += gpus_[i].feed(awake_s, gpu.counter_mj, gpu.milliwatts);
  }
}

void MachineMeter::feed_cpu(double awake_s, const Reading& reading) {
  for (std::size_t i = 0; i < cpus_.size(); ++i)
    total_.cpu +=
        cpus_[i].feed(awake_s, i < reading.cpu_uj.size() ? reading.cpu_uj[i] : std::nullopt, std::nullopt);
}

/// What has no meter of its own: by the plug where there is one, else by the models.
void MachineMeter::feed_rest(double dt_s, const Reading& reading) {
  const energy::EnergyParts metered = total_ - before_;
  if (reading.plug) {
    const auto mean_mw =
        static_cast<double>(reading.plug->milliwatts + last_plug_mw_.value_or(reading.plug->milliwatts)) / 2;
    const double plug_uj = mean_mw * dt_s * 1e3;
    plug_s_ += dt_s;
    plug_uj_ += std::llround(plug_uj);
    plug_inner_uj_ += plug_uj * settings_.wall.psu_efficiency;
    plug_wall_uj_ += plug_uj * settings_.wall.cooling;
    if (dt_s > plug_sparse_s) flags_.insert("sparse");
    const double rest = plug_inner_uj_ - static_cast<double>(total_.gpu + total_.cpu);
    total_.rest = std::max(total_.rest, static_cast<std::int64_t>(rest));
    const auto wall = static_cast<std::int64_t>(plug_wall_uj_);
    plug_wall_uj_ -= static_cast<double>(wall);
    total_.wall += wall;
  } else {
    if (settings_.plug) flags_.insert("plug-lost");
    if (cpus_.empty() && reading.cpu_times && last_cpu_ && !settings_.plug) {
      const auto all = static_cast<double>(reading.cpu_times->all - last_cpu_->all);
      const double share = all > 0 ? static_cast<double>(reading.cpu_times->busy - last_cpu_->busy) / all : 0;
      // Ticks of all cores together stand for the time that has passed since they were last read.
      model_cpu_uj_ += std::clamp(share, 0.0, 1.0) * core_watts * settings_.cores * cpu_model_s_ * 1e6;
    }
    model_rest_uj_ += settings_.wall.rest_watts * dt_s * 1e6;
    const auto cpu = static_cast<std::int64_t>(model_cpu_uj_),
               rest = static_cast<std::int64_t>(model_rest_uj_);
    model_cpu_uj_ -= static_cast<double>(cpu);
    model_rest_uj_ -= static_cast<double>(rest);
    total_.cpu += cpu;
    total_.rest += rest;
    const std::int64_t inner = metered.gpu + metered.cpu + cpu + rest;
    plug_inner_uj_ += static_cast<double>(inner);
    total_.wall += wall_.of(inner);
  }
  last_plug_mw_ = reading.plug ? std::optional(reading.plug->milliwatts) : std::nullopt;
}

void MachineMeter::note_use(double dt_s, const Reading& reading) {
  if (job_gpu_ < reading.gpus.size()) {
    const GpuReading& gpu = reading.gpus[job_gpu_];
    if (gpu.permille) {
      gpu_busy_s_ += static_cast<double>(*gpu.permille) / 1e3 * dt_s;
      gpu_seen_s_ += dt_s;
    }
    if (gpu.used_bytes) gpu_peak_ = std::max(gpu_peak_.value_or(0), *gpu.used_bytes);
  }
  if (reading.host_bytes) host_peak_ = std::max(host_peak_.value_or(0), *reading.host_bytes);
  if (reading.cpu_times) {
    if (!first_cpu_) first_cpu_ = reading.cpu_times;
    last_cpu_ = reading.cpu_times;
    cpu_model_s_ = 0;
  }
  if (reading.plug && reading.plug->counter_uj) {
    if (!first_plug_counter_) first_plug_counter_ = reading.plug->counter_uj;
    last_plug_counter_ = reading.plug->counter_uj;
  }
}

void MachineMeter::feed(double awake_s, const Reading& reading) {
  const double dt_s = last_s_ ? std::max(0.0, awake_s - *last_s_) : 0;
  last_s_ = awake_s;
  seen_s_ += dt_s;
  cpu_model_s_ += dt_s;
  before_ = total_;
  feed_gpus(awake_s, reading);
  feed_cpu(awake_s, reading);
  feed_rest(dt_s, reading);
  note_use(dt_s, reading);
  if (dt_s > gpu_sparse_s)
    for (std::size_t i = 0; i < std::min(gpus_.size(), reading.gpus.size()); ++i)
      if (!reading.gpus[i].counter_mj) flags_.insert("sparse");
}

void MachineMeter::begin_stretch(std::size_t job_gpu) {
  for (auto* counters : {&gpus_, &cpus_})
    for (CounterAccumulator& counter : *counters) counter.forget();
  began_ = total_;
  flags_.clear();
  job_gpu_ = job_gpu;
  gpu_busy_s_ = gpu_seen_s_ = plug_s_ = seen_s_ = 0;
  first_cpu_ = last_cpu_;
  gpu_peak_.reset();
  host_peak_.reset();
  plug_uj_ = 0;
  first_plug_counter_ = last_plug_counter_;
}

std::set<std::string> MachineMeter::all_flags() const {
  std::set<std::string> flags = flags_;
  const auto raise = [&](bool happened, const char* flag) {
    if (happened) flags.insert(flag);
  };
  const CounterFacts gpu = sum_of(gpus_), cpu = sum_of(cpus_);
  raise(gpu.missing, "gpu-counter-missing");
  raise(gpu.reset, "gpu-counter-reset");
  raise(gpu.wrapped, "gpu-counter-wrapped");
  raise(gpu.lost, "gpu-lost");
  raise(cpu.reset, "rapl-reset");
  raise(cpu.wrapped, "rapl-wrapped");
  raise(cpu.lost, "rapl-lost");
  for (const CounterAccumulator& counter : gpus_) {
    const CounterFacts facts = counter.facts();
    raise(!flags.contains("sparse") && disagree(facts.compared_counter_uj, facts.compared_power_uj),
          "disagreement");
  }
  if (first_plug_counter_ && last_plug_counter_) {
    const std::int64_t counted = *last_plug_counter_ - *first_plug_counter_;
    raise(static_cast<double>(std::max(counted, plug_uj_)) > least_plug_uj && disagree(counted, plug_uj_),
          "disagreement");
  }
  return flags;
}

SpanFacts MachineMeter::facts() const {
  SpanFacts facts;
  const CounterFacts gpu = sum_of(gpus_), cpu = sum_of(cpus_);
  const energy::EnergyParts used = total_ - began_;
  const bool by_plug = settings_.plug && seen_s_ > 0 && plug_s_ >= (1 - guessed_share) * seen_s_;

  std::vector<std::string> parts;
  if (by_plug) parts.emplace_back("plug");
  if (!gpus_.empty())
    parts.emplace_back(gpu.guessed_uj > gpu.by_counter_uj + gpu.by_power_uj ? "gpu-model"
                       : gpu.by_power_uj > gpu.by_counter_uj                ? "nvml-power"
                                                                            : "nvml-counter");
  if (!cpus_.empty()) parts.emplace_back(cpu.guessed_uj > cpu.by_counter_uj ? "cpu-model" : "rapl");
  if (cpus_.empty() && !settings_.plug) parts.emplace_back("cpu-model");
  if (!by_plug) parts.emplace_back("fixed");
  facts.method = fmt::format("{}", fmt::join(parts, "+"));
  facts.flags = fmt::format("{}", fmt::join(all_flags(), ","));

  const auto inner = static_cast<double>(used.gpu + used.cpu + used.rest);
  const auto guessed = static_cast<double>(gpu.guessed_uj + cpu.guessed_uj);
  const bool inside = !cpus_.empty() && !settings_.unmetered_gpu && guessed <= guessed_share * inner;
  facts.measured = by_plug || inside;

  double variance = 0;
  const auto add = [&](std::int64_t energy, double error) {
    variance += square(static_cast<double>(energy) * error);
  };
  if (by_plug) {
    variance = square(inner * plug_error);
  } else {
    add(gpu.by_counter_uj, counter_error);
    add(gpu.by_power_uj, power_error);
    add(gpu.compared_counter_uj - gpu.compared_power_uj, 1);
    add(gpu.guessed_uj + cpu.guessed_uj, guess_error);
    add(cpu.by_counter_uj, rapl_error);
    if (cpus_.empty()) add(used.cpu, cpu_model_error);
    add(used.rest, settings_.wall.calibrated ? 0.1 : 0.3);
    variance += square(inner * (settings_.wall.calibrated ? 0.02 : 0.05));
  }
  if (inner > 0) facts.uncertainty_ppm = std::llround(std::min(1.0, std::sqrt(variance) / inner) * 1e6);

  if (gpu_seen_s_ > 0) facts.gpu_permille = std::llround(1000 * gpu_busy_s_ / gpu_seen_s_);
  if (first_cpu_ && last_cpu_ && last_cpu_->all > first_cpu_->all)
    facts.cpu_permille = std::clamp<std::int64_t>(
        (last_cpu_->busy - first_cpu_->busy) * 1000 / (last_cpu_->all - first_cpu_->all), 0, 1000);
  facts.gpu_peak_bytes = gpu_peak_;
  facts.host_peak_bytes = host_peak_;
  return facts;
}

}  // namespace turbodiff::meter
