// turbodiff-sched energy show|calibrate|verify
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/numbers.h"
#include "commands.h"
#include "core/os/signals.h"
#include "core/os/subprocess.h"
#include "core/text/counted.h"
#include "core/text/strings.h"
#include "core/text/text_table.h"
#include "meter_options.h"
#include "runner/billing.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

struct CalibrateFlags {
  std::optional<double> idle_watts, load_watts;
  double seconds = 20;
  std::optional<std::string> load;
};

struct Watts {
  double gpu = 0, cpu = 0, rest = 0, wall = 0;
};

Watts watts_of(const energy::EnergyParts& used, double seconds) {
  const auto watts = [&](std::int64_t microjoules) {
    return static_cast<double>(microjoules) / 1e6 / seconds;
  };
  return {watts(used.gpu), watts(used.cpu), watts(used.rest), watts(used.wall)};
}

/// Mean power over some seconds, read as often as while a job runs.
Watts watch(meter::Meter& meter, const core::Clock& clock, double seconds) {
  meter.tick();
  const energy::EnergyParts before = meter.total();
  const double began_s = clock.monotonic_s();
  while (clock.monotonic_s() < began_s + seconds) {
    core::throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    meter.tick();
  }
  return watts_of(meter.total() - before, clock.monotonic_s() - began_s);
}

void show(Queue& queue) {
  cli::Program& program = queue.program();
  const meter::MeterOptions options = meter_options(queue);
  meter::Meter meter(options, program.clock());
  const auto sources = meter.sources();
  std::optional<Watts> watts;
  meter::SpanFacts facts;
  facts.method = "fixed";
  if (meter.is_live()) {
    watts = watch(meter, program.clock(), 1);
    facts = meter.end_idle().facts;
  }
  if (program.flags().json) {
    Json list = Json::array();
    for (const meter::SourceStatus& source : sources)
      list.push_back({{"name", source.name}, {"live", source.live}, {"what", source.what}});
    const auto rounded = [](double value) { return Json::parse(fmt::format("{:.3f}", value)); };
    program.print_json(
        {{"sources", std::move(list)},
         {"source", facts.measured ? "measured" : "estimate"},
         {"method", facts.method},
         {"watts", watts ? Json{{"gpu", rounded(watts->gpu)},
                                {"cpu", rounded(watts->cpu)},
                                {"rest", rounded(watts->rest)},
                                {"wall", rounded(watts->wall)}}
                         : Json()},
         {"flags", facts.flags.empty() ? std::vector<std::string_view>() : core::split(facts.flags, ',')},
         {"model",
          {{"psu_efficiency", options.wall.psu_efficiency},
           {"rest_watts", options.wall.rest_watts},
           {"cooling", options.wall.cooling},
           {"calibrated", options.wall.calibrated}}}});
    return;
  }
  std::string text;
  for (const meter::SourceStatus& source : sources)
    text += fmt::format("{:<6} {:<3} {}\n", source.name, source.live ? "yes" : "no", source.what);
  text +=
      fmt::format("{:<6} {:<3} other {:.1f} W, power supply {:.1f} %, cooling x{:.2f}{}\n", "model", "yes",
                  options.wall.rest_watts, 100 * options.wall.psu_efficiency, options.wall.cooling,
                  options.wall.calibrated ? "" : "; not calibrated, see 'turbodiff-sched energy calibrate'");
  if (watts)
    text += fmt::format(
        "now    {:.1f} W at the wall: GPU {:.1f} W, processor {:.1f} W, other {:.1f} W ({}, {})\n",
        watts->wall, watts->gpu, watts->cpu, watts->rest, facts.measured ? "measured" : "estimate",
        facts.method);
  else
    text += "now    nothing is metered: jobs are billed at estimate.watts, or at an assumed power\n";
  program.print(text);
}

/// All cores at work, and a command of the user's beside them, until it goes out of scope.
class Load {
 public:
  Load(int cores, const std::optional<std::string>& command) {
    for (int i = 0; i < cores; ++i)
      threads_.emplace_back([this] {
        volatile double value = 1;
        while (!over_) value = value * 1.0000001 + 1e-9;
      });
    if (!command) return;
    core::SubprocessOptions options;
    options.argv = {"/bin/sh", "-c", *command};
    options.output = core::SubprocessOptions::Stream::null;
    options.errors = core::SubprocessOptions::Stream::null;
    process_ = std::make_unique<core::Subprocess>(std::move(options));
  }
  ~Load() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
  std::unique_ptr<core::Subprocess> process_;
};

/// What the wall meter shows: given, read from a plug, or asked for.
double wall_watts(Queue& queue, const std::optional<double>& given, const std::optional<double>& plug,
                  const char* when) {
  if (given) return *given;
  if (plug) return *plug;
  std::cerr << fmt::format("watts on the wall meter, {}: ", when) << std::flush;
  std::string line;
  std::getline(std::cin, line);
  const auto value = core::parse_number(core::trim(line));
  if (!value || *value <= 0)
    throw Error::bad_request(fmt::format("the watts {} must be a number above 0, not '{}'", when, line),
                             "give them with --idle-watts and --load-watts");
  return *value;
}

void calibrate(Queue& queue, const CalibrateFlags& flags) {
  cli::Program& program = queue.program();
  meter::MeterOptions options = meter_options(queue);
  meter::Meter meter(options, program.clock());
  const auto sources = meter.sources();
  const auto is_live = [&](const char* name) {
    return std::any_of(sources.begin(), sources.end(),
                       [&](const auto& s) { return s.name == name && s.live; });
  };
  if (!is_live("rapl") && !is_live("nvml"))
    throw Error::bad_request("neither GPU nor processor is metered, so there is nothing to calibrate against",
                             "see 'turbodiff-sched energy show'");
  const auto point = [&](const std::optional<double>& given, const char* when) {
    const Watts watts = watch(meter, program.clock(), flags.seconds);
    std::optional<double> plug;
    if (is_live("plug")) plug = watts.wall / options.wall.cooling;
    return meter::CalibrationPoint{watts.gpu + watts.cpu, wall_watts(queue, given, plug, when)};
  };
  program.log().info("idle for {:.0f} s", flags.seconds);
  const meter::CalibrationPoint idle = point(flags.idle_watts, "while idle");
  meter::CalibrationPoint load;
  {
    program.log().info("under load for {:.0f} s", flags.seconds);
    const Load work(options.cores, flags.load);
    watch(meter, program.clock(), std::min(5.0, flags.seconds));  // until it has settled
    load = point(flags.load_watts, "under load");
  }
  const meter::WallModel model = meter::calibrate(idle, load);
  if (program.flags().json) {
    const auto json = [](const meter::CalibrationPoint& p) {
      return Json{{"inner_watts", p.inner_w}, {"wall_watts", p.wall_w}};
    };
    program.print_json({{"idle", json(idle)},
                        {"load", json(load)},
                        {"psu_efficiency", model.psu_efficiency},
                        {"rest_watts", model.rest_watts}});
    return;
  }
  program.print(fmt::format(
      "# idle: {:.1f} W inside, {:.1f} W at the wall; load: {:.1f} W and {:.1f} W\n"
      "# put this into the configuration file:\n"
      "energy:\n  psu_efficiency: {:.4f}\n  rest_watts: {:.1f}\n",
      idle.inner_w, idle.wall_w, load.inner_w, load.wall_w, model.psu_efficiency, model.rest_watts));
}

struct Difference {
  const char* kind;
  std::int64_t id;
  const char* what;
  std::optional<std::int64_t> kept, again;
};

void verify(Queue& queue) {
  cli::Program& program = queue.program();
  constexpr auto ever = std::numeric_limits<store::Micros>::max();
  std::vector<Difference> differences;
  const auto compare = [&](const char* kind, std::int64_t id, const char* what,
                           std::optional<std::int64_t> kept, std::optional<std::int64_t> again) {
    if (kept != again) differences.push_back({kind, id, what, kept, again});
  };
  const auto compare_cost = [&](const char* kind, std::int64_t id, const auto& kept,
                                const energy::EnergyCost& again) {
    compare(kind, id, "gross", kept.cost.gross.micro(), again.money.gross.micro());
    compare(kind, id, "net", kept.cost.net.micro(), again.money.net.micro());
    compare(kind, id, "levies", kept.cost.levies.micro(), again.money.levies.micro());
    compare(kind, id, "vat", kept.cost.vat.micro(), again.money.vat.micro());
    compare(kind, id, "co2_milligrams", kept.co2_milligrams, again.co2_milligrams);
  };
  const auto attempts = queue.store().billed_attempts(0, ever, true);
  for (const store::BilledAttempt& one : attempts) {
    const store::Bill& bill = one.attempt.bill;
    compare_cost("attempt", one.attempt.id, bill, runner::bill_again(one.attempt, one.prices, one.samples));
    if (one.samples.empty()) continue;
    energy::EnergyParts sum;
    for (const energy::Sample& sample : one.samples) sum += sample.energy;
    compare("attempt", one.attempt.id, "microjoules", bill.microjoules, sum.wall);
    compare("attempt", one.attempt.id, "gpu_microjoules", bill.gpu_microjoules, sum.gpu);
    compare("attempt", one.attempt.id, "cpu_microjoules", bill.cpu_microjoules, sum.cpu);
    compare("attempt", one.attempt.id, "rest_microjoules", bill.rest_microjoules, sum.rest);
  }
  const auto counted = [](std::size_t count, std::string_view thing) {
    return core::counted(static_cast<std::int64_t>(count), thing);
  };
  const auto idle = queue.store().idle_energy(0, ever);
  for (const store::IdleEnergy& row : idle) compare_cost("idle", row.id, row, runner::idle_again(row));
  if (program.flags().json) {
    Json list = Json::array();
    const auto number = [](const std::optional<std::int64_t>& value) {
      return value ? Json(*value) : Json();
    };
    for (const Difference& d : differences)
      list.push_back({{"kind", d.kind},
                      {"id", d.id},
                      {"what", d.what},
                      {"kept", number(d.kept)},
                      {"again", number(d.again)}});
    program.print_json(
        {{"attempts", attempts.size()}, {"idle", idle.size()}, {"differences", std::move(list)}});
  } else {
    std::string text;
    const auto shown = [](const std::optional<std::int64_t>& value) {
      return value ? std::to_string(*value) : std::string("none");
    };
    for (const Difference& d : differences)
      text += fmt::format("{} {}: {} is {}, recomputed {}\n", d.kind, d.id, d.what, shown(d.kept),
                          shown(d.again));
    text += fmt::format("{} and {} of idle time recomputed: {}\n", counted(attempts.size(), "bill"),
                        counted(idle.size(), "period"), counted(differences.size(), "difference"));
    program.print(text);
  }
  if (!differences.empty())
    throw cli::ReportedFailure(Error::work_failed(
        fmt::format("{} not what the stored samples and prices give",
                    differences.size() == 1 ? "1 figure is" : counted(differences.size(), "figure") + " are"),
        "the store was changed by another program; restore a copy"));
}

}  // namespace

void add_energy(Queue& queue) {
  cli::Program& program = queue.program();
  CLI::App& group = program.add_command("energy", "Show, calibrate and verify energy metering", {});
  program.add_command(
      "show", "Show what is metered now, and why other sources are not",
      [&queue](cli::Program&) { show(queue); }, &group);
  const auto flags = std::make_shared<CalibrateFlags>();
  CLI::App& calibrate_command = program.add_command(
      "calibrate",
      "Calibrate the power supply and the other components against a wall meter, idle and under load",
      [flags, &queue](cli::Program&) { calibrate(queue, *flags); }, &group);
  calibrate_command.add_option("--idle-watts", flags->idle_watts, "Reading of the wall meter while idle")
      ->type_name("W")
      ->check(cli::number_between(0.001, 1e6))
      ->group("Options");
  calibrate_command.add_option("--load-watts", flags->load_watts, "Reading of the wall meter under load")
      ->type_name("W")
      ->check(cli::number_between(0.001, 1e6))
      ->group("Options");
  calibrate_command.add_option("--seconds", flags->seconds, "Duration of each of the two measurements (20)")
      ->type_name("N")
      ->check(cli::number_between(0.2, 600))
      ->group("Options");
  calibrate_command
      .add_option("--load", flags->load,
                  "Command that puts load on the GPU; all CPU cores are loaded in any case")
      ->type_name("CMD")
      ->group("Options");
  calibrate_command.footer(
      "Without a smart plug in the settings and without --idle-watts and --load-watts the watts are asked "
      "for\n"
      "while the machine is idle and loaded. The result is printed as lines for the configuration file.");
  program.add_command(
      "verify", "Recompute all bills from stored samples and prices",
      [&queue](cli::Program&) { verify(queue); }, &group);
}

}  // namespace turbodiff::app
