#include "trace_machine.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "meter/meter.h"
#include "testing_dir.h"

namespace turbodiff::testing {
namespace fs = std::filesystem;
namespace {

constexpr double tick_s = 0.1;
constexpr double tolerance = 0.005;
constexpr std::uint64_t rapl_range = 262'143'328'850;
constexpr std::uint64_t two_to_32 = std::uint64_t{1} << 32;
constexpr int not_supported = 3, gpu_is_lost = 15;
constexpr int idle_watts = 25;

using Set = void (*)(int, unsigned long long, int, unsigned int, unsigned int);

/// Power in straight lines from point to point; the integral is exact.
class Course {
 public:
  void to(double seconds, double watts) { points_.push_back({seconds, watts}); }
  double watts(double t) const {
    std::size_t i = at(t);
    return line(i, t);
  }
  double joules(double from, double to) const { return until(to) - until(from); }

 private:
  struct Point {
    double t, watts;
  };
  std::size_t at(double t) const {
    std::size_t i = 0;
    while (i + 2 < points_.size() && points_[i + 1].t <= t) ++i;
    return i;
  }
  double line(std::size_t i, double t) const {
    const Point &a = points_[i], &b = points_[i + 1];
    return b.t > a.t ? a.watts + (b.watts - a.watts) * (t - a.t) / (b.t - a.t) : b.watts;
  }
  double until(double t) const {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < points_.size() && points_[i].t < t; ++i) {
      const double end = std::min(t, points_[i + 1].t);
      sum += (points_[i].watts + line(i, end)) / 2 * (end - points_[i].t);
    }
    return sum;
  }
  std::vector<Point> points_;
};

struct Job {
  double start = 0, end = 0;
};

class Trace {
 public:
  Trace(std::uint64_t seed, const std::string& fake_nvml) : random_(seed) {
    fault_ = static_cast<Fault>(seed % static_cast<std::uint64_t>(Fault::count));
    library_ = ::dlopen(fake_nvml.c_str(), RTLD_NOW);
    set_ = reinterpret_cast<Set>(::dlsym(library_, "fake_nvml_set"));
    fs::create_directory(folder_ / "intel-rapl:0");
    std::ofstream(folder_ / "intel-rapl:0" / "name") << "package-0\n";
    std::ofstream(folder_ / "intel-rapl:0" / "max_energy_range_uj") << rapl_range << "\n";
    rapl_file_ = ::open((folder_ / "intel-rapl:0" / "energy_uj").c_str(), O_RDWR | O_CREAT, 0600);
    draw_course();
    update_s_ = std::vector{0.0, 0.02, 0.1}[draw(3)];
    gpu_start_ = random_() % 4'000'000'000;
    rapl_start_ = random_() % (rapl_range / 2);
    if (fault_ == Fault::gpu_wrap)
      gpu_start_ = two_to_32 - static_cast<std::uint64_t>(gpu_.joules(0, fault_s_) * 1e3) % two_to_32;
    if (fault_ == Fault::rapl_wrap)
      rapl_start_ = rapl_range - static_cast<std::uint64_t>(cpu_.joules(0, fault_s_) * 1e6);
    present();
    options_.wall = {.psu_efficiency = 0.88, .rest_watts = 41, .cooling = 1.1};
    options_.nvml_library = fake_nvml;
    options_.powercap = folder_.path();
    options_.proc = folder_ / "no-proc";
    options_.interval_s = 0;
    options_.awake_s = [this] { return clock_.monotonic_s(); };
  }
  ~Trace() {
    ::close(rapl_file_);
    ::dlclose(library_);
  }

  TraceResult run() {
    meter::Meter meter(options_, clock_);
    std::vector<meter::Span> jobs, idle;
    for (const Job& job : jobs_) {
      pass_idle(meter, idle, job.start);
      idle.push_back(meter.begin_job(0));
      while (clock_.monotonic_s() + tick_s * 1.3 < job.end) {
        advance(clock_.monotonic_s() + tick_s * (0.7 + 0.6 * part()));
        meter.tick();
      }
      advance(job.end);
      jobs.push_back(meter.end_job());
    }
    pass_idle(meter, idle, end_s_);
    idle.push_back(meter.end_idle());
    check(meter.total(), jobs, idle);
    return result_;
  }

 private:
  std::size_t draw(std::size_t count) { return random_() % count; }
  double part() { return static_cast<double>(random_() % 1'000'000) / 1e6; }
  double between(double low, double high) { return low + (high - low) * part(); }

  /// Jobs of 40 to 70 s with constant power, ramps and a few bursts.
  void draw_course() {
    double t = 0;
    gpu_.to(0, idle_watts);
    cpu_.to(0, 10);
    for (Job& job : jobs_) {
      job.start = t + between(2, 400);
      job.end = job.start + between(40, 70);
      const double watts = between(150, 320);
      gpu_.to(job.start, idle_watts);
      gpu_.to(job.start, watts);
      const int bursts = static_cast<int>(draw(2));
      for (int i = 0; i < bursts; ++i) {
        const double from = between(job.start + 5 + 15 * i, job.start + 18 + 15 * i);
        gpu_.to(from, watts), gpu_.to(from, 120), gpu_.to(from + between(0.3, 1.5), 120),
            gpu_.to(from + 1.5, watts);
      }
      gpu_.to(job.end - 2, between(120, 320));  // a ramp
      gpu_.to(job.end, between(120, 250));
      gpu_.to(job.end, idle_watts);
      cpu_.to(job.start, 10), cpu_.to(job.start, between(20, 90)), cpu_.to(job.end, between(20, 90)),
          cpu_.to(job.end, 10);
      t = job.end;
    }
    end_s_ = t + between(2, 400);
    gpu_.to(end_s_ + 1, idle_watts);
    cpu_.to(end_s_ + 1, 10);
    fault_s_ = between(jobs_[0].start + 10, jobs_[0].end - 12);
    back_s_ = fault_s_ + between(0.5, 6);
  }

  void pass_idle(meter::Meter& meter, std::vector<meter::Span>& idle, double until) {
    while (clock_.monotonic_s() + meter.idle_interval_s() < until) {
      advance(clock_.monotonic_s() + meter.idle_interval_s());
      idle.push_back(meter.end_idle());
    }
    advance(until);
  }

  void advance(double to) {
    clock_.advance(to - clock_.monotonic_s());
    present();
  }

  /// What the meters show now.
  void present() {
    const double t = clock_.monotonic_s();
    const double seen = update_s_ > 0 ? std::floor(t / update_s_) * update_s_ : t;
    double counted = gpu_.joules(0, seen) * 1e3 + static_cast<double>(gpu_start_);
    const bool began_anew =
        (fault_ == Fault::gpu_reset && seen >= fault_s_) || (fault_ == Fault::gpu_reloaded && t >= fault_s_);
    if (began_anew) counted = gpu_.joules(fault_s_, std::max(seen, fault_s_)) * 1e3;
    auto counter = static_cast<unsigned long long>(counted);
    if (fault_ == Fault::gpu_wrap) counter %= two_to_32;
    const bool away = t >= fault_s_ && t < back_s_;
    const bool lost = (fault_ == Fault::gpu_lost && t >= fault_s_) ||
                      ((fault_ == Fault::gpu_away || fault_ == Fault::gpu_reloaded) && away);
    const int result = lost ? gpu_is_lost : 0;
    const double shown = gpu_.watts(t) * (fault_ == Fault::disagreement ? 1.08 : 1);
    set_(fault_ == Fault::no_counter ? not_supported : result, counter, result,
         static_cast<unsigned int>(std::lround(shown * 1e3)), 80);
    auto rapl = rapl_start_ + static_cast<std::uint64_t>(cpu_.joules(0, t) * 1e6);
    if (fault_ == Fault::rapl_reset && t >= fault_s_)
      rapl = static_cast<std::uint64_t>(cpu_.joules(fault_s_, t) * 1e6);
    std::string text = fmt::format("{:<24}\n", rapl % rapl_range);
    if (fault_ == Fault::rapl_away && away) text = fmt::format("{:<24}\n", "");
    if (::pwrite(rapl_file_, text.data(), text.size(), 0) < 0) complain("cannot write");
  }

  void complain(const std::string& text) {
    if (result_.problem.empty()) result_.problem = text;
  }

  double wall_joules(double from, double to) const {
    return (gpu_.joules(from, to) + cpu_.joules(from, to) + 41 * (to - from)) / 0.88 * 1.1;
  }

  std::string expected_flag() const {
    switch (fault_) {
      case Fault::no_counter:
        return "gpu-counter-missing";
      case Fault::gpu_reset:
        return "gpu-counter-reset";
      case Fault::gpu_wrap:
        return "gpu-counter-wrapped";
      case Fault::gpu_away:
      case Fault::gpu_reloaded:
      case Fault::gpu_lost:
        return "gpu-lost";
      case Fault::rapl_wrap:
        return "rapl-wrapped";
      case Fault::rapl_reset:
        return "rapl-reset";
      case Fault::rapl_away:
        return "rapl-lost";
      case Fault::disagreement:
        return "disagreement";
      default:
        return "";
    }
  }

  void check(const energy::EnergyParts& total, const std::vector<meter::Span>& jobs,
             const std::vector<meter::Span>& idle) {
    result_.fault = fault_;
    energy::EnergyParts sum;
    for (const auto* spans : {&jobs, &idle})
      for (const meter::Span& span : *spans) {
        sum += span.energy;
        energy::EnergyParts rows;
        for (const energy::Sample& sample : span.samples) {
          rows += sample.energy;
          const energy::EnergyParts& e = sample.energy;
          if (e.gpu < 0 || e.cpu < 0 || e.rest < 0 || e.wall < 0) complain("negative energy");
        }
        if (!(rows == span.energy)) complain("the rows of a stretch do not add up to it");
      }
    if (!(sum == total)) complain("jobs and idle time do not add up to the machine");
    const bool guessed = fault_ == Fault::gpu_lost || fault_ == Fault::gpu_reloaded;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const meter::Span& job = jobs[i];
      const double truth = wall_joules(jobs_[i].start, jobs_[i].end);
      const double error = static_cast<double>(job.energy.wall) / 1e6 / truth - 1;
      const bool struck = guessed && (i == 0 || fault_ == Fault::gpu_lost);
      if (!struck) result_.worst_job_error = std::max(result_.worst_job_error, std::abs(error));
      if (!struck && std::abs(error) > tolerance)
        complain(fmt::format("job {} is off by {:.3f} %", i + 1, 100 * error));
      if (struck && job.energy.gpu <= 0) complain("a lost GPU counts as nothing");
      const double known = wall_joules(jobs_[i].start, std::min(fault_s_, jobs_[i].end));
      if (struck && i == 0 && static_cast<double>(job.energy.wall) / 1e6 < known * (1 - tolerance))
        complain("less than before the GPU was lost");
      const bool always =
          fault_ == Fault::no_counter || fault_ == Fault::disagreement || fault_ == Fault::gpu_lost;
      const bool flagged =
          !expected_flag().empty() && job.facts.flags.find(expected_flag()) != std::string::npos;
      if (i == 0 && !expected_flag().empty() && !flagged)
        complain(fmt::format("no flag {} in '{}'", expected_flag(), job.facts.flags));
      if (i == 1 && !always && !job.facts.flags.empty())
        complain(fmt::format("flags '{}' without a reason", job.facts.flags));
      const bool doubtful = fault_ == Fault::gpu_reloaded && i == 0;  // it depends on how long it was away
      if (!doubtful && job.facts.measured == (fault_ == Fault::gpu_lost))
        complain("measured or not, wrongly");
      if (job.facts.uncertainty_ppm <= 0) complain("no uncertainty");
    }
    result_.total_error = std::abs(static_cast<double>(total.wall) / 1e6 / wall_joules(0, end_s_) - 1);
    if (!guessed && result_.total_error > tolerance)
      complain(fmt::format("the machine is off by {:.3f} %", 100 * result_.total_error));
  }

  std::mt19937_64 random_;
  Fault fault_ = Fault::none;
  void* library_ = nullptr;
  Set set_ = nullptr;
  ScratchDir folder_;
  int rapl_file_ = -1;
  Course gpu_, cpu_;
  Job jobs_[2];
  double end_s_ = 0, fault_s_ = 0, back_s_ = 0, update_s_ = 0;
  std::uint64_t gpu_start_ = 0, rapl_start_ = 0;
  core::ManualClock clock_{core::WallTime(std::chrono::microseconds(1'790'000'000'123'456))};
  meter::MeterOptions options_;
  TraceResult result_;
};

}  // namespace

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::no_counter:
      return "no counter";
    case Fault::gpu_reset:
      return "GPU counter reset";
    case Fault::gpu_wrap:
      return "GPU counter wrap";
    case Fault::gpu_away:
      return "GPU away for a while";
    case Fault::gpu_reloaded:
      return "driver reloaded";
    case Fault::gpu_lost:
      return "GPU lost";
    case Fault::rapl_wrap:
      return "RAPL wrap";
    case Fault::rapl_reset:
      return "RAPL reset";
    case Fault::rapl_away:
      return "RAPL away for a while";
    case Fault::disagreement:
      return "disagreement";
    case Fault::count:
      break;
  }
  return "";
}

TraceResult run_trace(std::uint64_t seed, const std::string& fake_nvml) {
  return Trace(seed, fake_nvml).run();
}

}  // namespace turbodiff::testing
