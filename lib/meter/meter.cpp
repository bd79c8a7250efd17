#include "meter/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "core/text/strings.h"

namespace turbodiff::meter {
namespace {

/// Processor times and memory need not be read at every tick.
constexpr double slow_interval_s = 0.5;
constexpr double plug_interval_s = 1;
/// An older reading of the plug does not count.
constexpr double plug_age_s = 5;
/// A package that draws this all the time must not wrap twice between two readings.
constexpr double package_watts = 400;

double awake_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

struct Meter::Probes {
  std::unique_ptr<Nvml> nvml;
  std::vector<std::size_t> gpus;
  std::unique_ptr<Rapl> rapl;
  std::unique_ptr<Plug> plug;
};

Meter::Meter(MeterOptions options, const core::Clock& clock)
    : options_(std::move(options)), clock_(clock), probes_(std::make_unique<Probes>()) {
  if (!options_.awake_s) options_.awake_s = awake_seconds;
  MachineSettings machine;
  machine.wall = options_.wall;
  machine.cores = options_.cores;
  if (options_.gpu) {
    probes_->nvml = std::make_unique<Nvml>(options_.nvml_library);
    for (std::size_t i = 0; i < probes_->nvml->count(); ++i)
      if (options_.gpus.empty() ||
          std::find(options_.gpus.begin(), options_.gpus.end(), i) != options_.gpus.end())
        probes_->gpus.push_back(i);
  }
  machine.gpus = probes_->gpus.size();
  machine.unmetered_gpu = options_.machine_has_gpu && machine.gpus == 0;
  if (options_.cpu) {
    probes_->rapl = std::make_unique<Rapl>(options_.powercap);
    for (const Rapl::Zone& zone : probes_->rapl->zones()) {
      machine.cpu_ranges.push_back(zone.range_uj);
      if (zone.range_uj > 0)
        idle_interval_s_ = std::min(
            idle_interval_s_, std::max(30.0, static_cast<double>(zone.range_uj) / 1e6 / package_watts / 2));
    }
  }
  if (options_.plug_type)
    probes_->plug = std::make_unique<Plug>(*options_.plug_type, options_.plug_url, options_.fetch);
  machine.plug = probes_->plug != nullptr;
  machine_ = std::make_unique<MachineMeter>(std::move(machine));
  if (!is_live()) return;
  const std::lock_guard lock(mutex_);
  tick_locked(true);
  begin_span(tick_wall_, 0);
}

Meter::~Meter() {
  stop_threads();
}

bool Meter::is_live() const {
  return !probes_->gpus.empty() || (probes_->rapl && !probes_->rapl->zones().empty()) || probes_->plug;
}

std::vector<SourceStatus> Meter::sources() const {
  std::vector<SourceStatus> sources;
  if (!probes_->nvml)
    sources.push_back({"nvml", false, "switched off (energy.gpu)"});
  else if (probes_->gpus.empty())
    sources.push_back({"nvml", false,
                       probes_->nvml->problem().empty() ? "energy.gpus names no GPU that is there"
                                                        : probes_->nvml->problem()});
  for (const std::size_t gpu : probes_->gpus) {
    const GpuReading reading = probes_->nvml->read(gpu);
    const char* how = reading.counter_mj   ? "energy counter"
                      : reading.milliwatts ? "power readings"
                                           : "not answering";
    sources.push_back({"nvml", reading.counter_mj || reading.milliwatts,
                       fmt::format("GPU {}, {}: {}", gpu, probes_->nvml->name(gpu), how)});
  }
  if (!probes_->rapl) {
    sources.push_back({"rapl", false, "switched off (energy.cpu)"});
  } else if (probes_->rapl->zones().empty()) {
    sources.push_back({"rapl", false, probes_->rapl->problem()});
  } else {
    std::vector<std::string> names;
    for (const Rapl::Zone& zone : probes_->rapl->zones()) names.push_back(zone.name);
    sources.push_back({"rapl", true, core::join(names, ", ")});
  }
  if (!probes_->plug)
    sources.push_back({"plug", false, "none is set (energy.plug_type, energy.plug_url)"});
  else
    sources.push_back({"plug", probes_->plug->read().has_value(), probes_->plug->url()});
  return sources;
}

std::string Meter::gpu_name(std::size_t index) const {
  return index < probes_->gpus.size() ? probes_->nvml->name(probes_->gpus[index]) : std::string();
}

/// The plug is asked by a thread of its own while a job runs, for its answer takes its time.
Reading Meter::read(bool border) {
  Reading reading;
  for (const std::size_t gpu : probes_->gpus) reading.gpus.push_back(probes_->nvml->read(gpu));
  if (probes_->rapl)
    for (std::size_t i = 0; i < probes_->rapl->zones().size(); ++i)
      reading.cpu_uj.push_back(probes_->rapl->read(i));
  // The counters are of now; what follows may take its time.
  tick_s_ = clock_.monotonic_s();
  tick_awake_s_ = options_.awake_s();
  tick_wall_ = clock_.now().time_since_epoch().count();
  if (border || tick_s_ - slow_read_s_ >= slow_interval_s) {
    slow_read_s_ = tick_s_;
    reading.cpu_times = read_cpu_times(options_.proc);
    if (in_job_ && process_ > 0) reading.host_bytes = resident_bytes_of_tree(process_, options_.proc);
  }
  if (probes_->plug) {
    if (!plug_thread_ && tick_s_ - plug_read_s_ >= plug_interval_s) {
      plug_ = probes_->plug->read();
      plug_read_s_ = clock_.monotonic_s();
    }
    if (tick_s_ - plug_read_s_ <= plug_age_s) reading.plug = plug_;
  }
  return reading;
}

void Meter::tick_locked(bool border) {
  const Reading reading = read(border);
  machine_->feed(tick_awake_s_, reading);
  const energy::EnergyParts total = machine_->total();
  const std::int64_t now_us = std::max<std::int64_t>(last_us_, std::llround((tick_s_ - span_start_s_) * 1e6));
  if (in_job_) {
    // A row ends with each whole second of UTC, where a price may change.
    for (std::int64_t second = (span_start_ + row_start_us_) / energy::a_second + 1;
         second * energy::a_second <= span_start_ + now_us; ++second) {
      const std::int64_t at_us = second * energy::a_second - span_start_;
      const energy::EnergyParts reached =
          now_us == last_us_ ? total : between(last_total_, total, at_us - last_us_, now_us - last_us_);
      rows_.push_back({span_start_ + row_start_us_, span_start_ + at_us, reached - row_began_});
      row_began_ = reached;
      row_start_us_ = at_us;
    }
  }
  last_us_ = now_us;
  last_total_ = total;
}

void Meter::begin_span(std::int64_t start, std::size_t gpu) {
  span_start_ = start;
  span_start_s_ = tick_s_;
  span_began_ = row_began_ = last_total_ = machine_->total();
  row_start_us_ = last_us_ = 0;
  rows_.clear();
  machine_->begin_stretch(gpu);
}

Span Meter::span_locked() {
  Span span;
  span.start = span_start_;
  span.end = span_start_ + last_us_;
  span.energy = last_total_ - span_began_;
  span.samples = rows_;
  if (last_us_ > row_start_us_ || span.samples.empty())
    span.samples.push_back({span_start_ + row_start_us_, span.end, last_total_ - row_began_});
  else
    span.samples.back().energy += last_total_ - row_began_;
  span.facts = machine_->facts();
  return span;
}

Span Meter::begin_job(std::size_t gpu) {
  if (!is_live()) return {};
  Span idle;
  {
    const std::lock_guard lock(mutex_);
    tick_locked(true);
    idle = span_locked();
    begin_span(next_start(idle), gpu);
    in_job_ = true;
    process_ = 0;
  }
  start_threads();
  return idle;
}

std::int64_t Meter::span_start() {
  const std::lock_guard lock(mutex_);
  return span_start_;
}

void Meter::watch(pid_t process) {
  const std::lock_guard lock(mutex_);
  process_ = process;
}

Span Meter::job_so_far() {
  if (!is_live()) return {};
  const std::lock_guard lock(mutex_);
  tick_locked(true);
  return span_locked();
}

/// The next stretch begins where the last has ended, unless the clock was set meanwhile.
std::int64_t Meter::next_start(const Span& ended) const {
  return std::abs(tick_wall_ - ended.end) < energy::a_second ? ended.end : tick_wall_;
}

Span Meter::end_span() {
  tick_locked(true);
  Span span = span_locked();
  in_job_ = false;
  begin_span(next_start(span), 0);
  return span;
}

Span Meter::end_job() {
  if (!is_live()) return {};
  Span span;
  {
    const std::lock_guard lock(mutex_);
    span = end_span();
  }
  stop_threads();
  return span;
}

Span Meter::end_idle() {
  if (!is_live()) return {};
  const std::lock_guard lock(mutex_);
  return end_span();
}

void Meter::tick() {
  const std::lock_guard lock(mutex_);
  tick_locked(false);
}

energy::EnergyParts Meter::total() {
  const std::lock_guard lock(mutex_);
  return machine_->total();
}

void Meter::start_threads() {
  if (options_.interval_s <= 0) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = false;
    plug_thread_ = probes_->plug != nullptr;
  }
  sampler_ = std::thread([this] { sample_loop(); });
  if (probes_->plug) plug_reader_ = std::thread([this] { plug_loop(); });
}

void Meter::stop_threads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    plug_thread_ = false;
  }
  wake_.notify_all();
  if (sampler_.joinable()) sampler_.join();
  if (plug_reader_.joinable()) plug_reader_.join();
}

void Meter::sample_loop() {
  const auto interval = std::chrono::duration<double>(options_.interval_s);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) tick_locked(false);
}

void Meter::plug_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto reading = probes_->plug->read();
    lock.lock();
    if (reading) {
      plug_ = reading;
      plug_read_s_ = clock_.monotonic_s();
    }
    wake_.wait_for(lock, std::chrono::duration<double>(plug_interval_s), [this] { return stopping_; });
  }
}

}  // namespace turbodiff::meter
