#include "power_limit.h"

#include <fmt/format.h>

#include <cmath>

#include "core/text/strings.h"
#include "energy/cost.h"
#include "meter_options.h"
#include "runner/power_sweep.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

/// At most so much work is looked at when a limit is chosen.
constexpr double longest_s = 7 * 86400;

}  // namespace

PowerLimit::PowerLimit(Queue& queue, const PowerLimitFlags& flags, const std::filesystem::path& engine,
                       queue::Estimator& estimator) {
  cli::Program& program = queue.program();
  const std::filesystem::path file = program.paths().state_dir() / "power-limit.json";
  std::error_code error;
  if (!flags.limit && !std::filesystem::exists(file, error)) return;
  nvml_ = std::make_unique<meter::Nvml>(meter_options(queue).nvml_library);
  cap_ = std::make_unique<meter::PowerCap>(*nvml_, file);
  if (const std::string problem = cap_->restore(); !problem.empty())
    program.log().warn("the power limit of an earlier run could not be put back: {}", problem);
  if (!flags.limit) return;
  if (nvml_->count() == 0) throw Error::bad_request("--power-limit: " + nvml_->problem(), "leave it out");
  if (*flags.limit == "auto") {
    find_best(queue, flags, engine, estimator);
    return;
  }
  const auto watts = core::parse_number(*flags.limit);
  if (!watts || *watts <= 0 || *watts > 1e5)
    throw Error::bad_request(fmt::format("--power-limit must be auto or watts, not '{}'", *flags.limit));
  cap_->apply(std::llround(*watts * 1e3));
  program.log().info("power limit {} W", *watts);
}

void PowerLimit::find_best(Queue& queue, const PowerLimitFlags& flags, const std::filesystem::path& engine,
                           queue::Estimator& estimator) {
  cli::Program& program = queue.program();
  const auto waiting = queue.store().waiting();
  if (waiting.empty()) {
    program.log().info("power limit: nothing waits, so there is nothing to try it with");
    return;
  }
  const auto presets = queue.store().presets();
  double seconds = 0;
  for (const store::WaitingJob& job : waiting)
    seconds += estimator.estimate(presets.at(job.preset)).exact_seconds;
  seconds = std::min(seconds, longest_s);
  const store::Job first = queue.store().job(waiting.front().id);
  const auto points =
      runner::sweep_power_limits(engine, first, presets.at(first.preset), *nvml_, 0, *cap_, program.clock());
  const meter::WallModel wall = meter_options(queue).wall;
  const tariff::Seconds now = queue.now();
  const auto curve = tariff::make_curve(
      queue.load_tariff(), now, now + static_cast<tariff::Seconds>(2 * flags.max_slowdown * seconds) + 3600);
  const auto cost = [&](double for_s, double gpu_watts) {
    const double watts = (gpu_watts + wall.rest_watts) / wall.psu_efficiency * wall.cooling;
    return energy::cost_of(curve, now * 1'000'000, std::llround(for_s * 1e6), std::llround(watts * 1e3))
        .money.gross.units();
  };
  const meter::CapPoint best = meter::choose_cap(points, flags.max_slowdown, seconds, cost);
  for (const meter::CapPoint& point : points)
    program.log().info("power limit {:.0f} W: {:.2f} s, {:.0f} W{}", static_cast<double>(point.cap_mw) / 1e3,
                       point.seconds, point.gpu_watts, point.cap_mw == best.cap_mw ? ", chosen" : "");
  cap_->apply(best.cap_mw);
}

}  // namespace turbodiff::app
