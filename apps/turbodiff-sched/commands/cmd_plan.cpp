// turbodiff-sched plan
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/duration.h"
#include "core/text/incoming_text.h"
#include "first_guess.h"
#include "job_report.h"
#include "plan/plan_jobs_file.h"
#include "plan/plan_json.h"
#include "plan/planner.h"
#include "plan_report.h"
#include "queue/queue_plan.h"
#include "running_job.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

struct PlanFlags {
  std::optional<std::string> jobs_file, now;
  std::string horizon = "7d";
  int workers = 1;
  std::string objective = "cost";
  std::optional<double> idle_watts, wake_kwh;
};

std::string read_text(const std::string& path) {
  std::error_code error;
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, error))
    throw Error::bad_request(fmt::format("--jobs: cannot read '{}'", path), "name a JSON file of jobs");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::int64_t> thousandths(const std::optional<double>& value, double scale,
                                        std::string_view option) {
  if (!value) return std::nullopt;
  if (!(*value >= 0) || *value > 1e6)
    throw Error::bad_request(fmt::format("{} must be between 0 and 1000000", option));
  return std::llround(*value * scale);
}

class PlanCommand {
 public:
  PlanCommand(Queue& queue, const PlanFlags& flags)
      : queue_(queue), flags_(flags), tariff_(queue.load_tariff()), now_(queue.now()) {
    if (flags.now) now_ = tariff::parse_time(*flags.now, tariff_.zone, now_, "--now");
    horizon_s_ = core::require_duration(flags.horizon, "--horizon");
    if (flags.objective != "cost" && flags.objective != "carbon")
      throw Error::bad_request(fmt::format("--objective must be cost or carbon, not '{}'", flags.objective));
    if (flags.workers < 1 || flags.workers > 1000)
      throw Error::bad_request("--workers must be between 1 and 1000");
    curve_ = tariff::make_curve(tariff_, now_, now_ + horizon_s_);
  }

  void run() {
    queue_.warn_of(tariff_);
    PlanText style;
    const plan::Plan plan = flags_.jobs_file ? plan_file() : plan_store(style);
    if (queue_.program().flags().json) {
      queue_.program().print(plan::plan_json(plan, tariff_.currency, !flags_.jobs_file) + "\n");
      return;
    }
    style.columns = queue_.program().output_traits().columns;
    style.colour = queue_.program().output_traits().colour;
    queue_.program().print(plan_text(plan, tariff_, curve_, now_, style));
  }

 private:
  plan::Objective objective() const {
    return flags_.objective == "carbon" ? plan::Objective::carbon : plan::Objective::cost;
  }

  plan::Plan plan_file() {
    plan::PlanRequest request;
    request.jobs = plan::read_jobs(
        core::incoming_text(read_text(*flags_.jobs_file), *flags_.jobs_file,
                            [&](const std::string& line) { queue_.program().log().info("{}", line); }),
        *flags_.jobs_file,
        [&](std::string_view text) { return tariff::parse_time(text, tariff_.zone, now_, ""); });
    request.now = now_;
    request.horizon_s = horizon_s_;
    request.workers = flags_.workers;
    request.objective = objective();
    request.idle_milliwatts = thousandths(flags_.idle_watts, 1e3, "--idle-watts");
    request.wake_milliwatt_hours = thousandths(flags_.wake_kwh, 1e6, "--wake-kwh");
    if (!queue_.program().flags().json)
      request.label = [this](tariff::Seconds instant) { return tariff::format_local(instant, tariff_.zone); };
    return plan::make_plan(request, curve_);
  }

  plan::Plan plan_store(PlanText& style) {
    queue::Estimator estimator(queue_.store(), queue_.power(), first_guess(queue_));
    queue::QueuePlanOptions options;
    options.now = now_;
    options.horizon_s = horizon_s_;
    options.objective = objective();
    options.idle_milliwatts = thousandths(flags_.idle_watts, 1e3, "--idle-watts");
    options.wake_milliwatt_hours = thousandths(flags_.wake_kwh, 1e6, "--wake-kwh");
    options.label = [this](tariff::Seconds instant) { return tariff::format_local(instant, tariff_.zone); };
    options.running = running_job(queue_, estimator);
    if (queue_.store().runner().paused)
      queue_.program().log().warn(
          "the queue is paused; nothing of this plan starts before 'turbodiff-sched resume'");
    queue::QueuePlan planned = queue::plan_queue(queue_.store(), estimator, curve_, options);
    if (planned.left_out > 0)
      queue_.program().log().warn("{} more jobs wait; the first {} are planned", planned.left_out,
                                  queue::most_planned_jobs);
    for (const plan::PlannedJob& job : planned.plan.jobs) {
      if (style.prompts.size() >= 200) break;
      style.prompts[job.id] = short_prompt(queue_.store().job(std::stoll(job.id)).spec.prompt);
    }
    return std::move(planned.plan);
  }

  Queue& queue_;
  const PlanFlags& flags_;
  tariff::Tariff tariff_;
  tariff::Seconds now_;
  std::int64_t horizon_s_ = 0;
  tariff::PriceCurve curve_;
};

}  // namespace

void add_plan(Queue& queue) {
  const auto flags = std::make_shared<PlanFlags>();
  CLI::App& command =
      queue.program().add_command("plan", "Show when jobs will run, what that costs, and what it saves",
                                  [flags, &queue](cli::Program&) { PlanCommand(queue, *flags).run(); });
  command
      .add_option("--jobs", flags->jobs_file,
                  "Plan the jobs of a JSON file instead of the store's; - is standard input")
      ->type_name("FILE")
      ->group("Options");
  command.add_option("--now", flags->now, "Plan as of this time")->type_name("TIME")->group("Options");
  command.add_option("--horizon", flags->horizon, "Length of the plan (7d)")
      ->type_name("36h|7d")
      ->group("Options");
  command.add_option("--workers", flags->workers, "Maximum number of concurrent jobs, with --jobs")
      ->type_name("N")
      ->group("Options");
  command.add_option("--objective", flags->objective, "Quantity to minimise")
      ->type_name("cost|carbon")
      ->group("Options");
  command
      .add_option("--idle-watts", flags->idle_watts,
                  "Idle power of the machine between jobs, reported separately")
      ->type_name("W")
      ->group("Options");
  command
      .add_option("--wake-kwh", flags->wake_kwh, "Energy of switching off and waking, compared with idling")
      ->type_name("KWH")
      ->group("Options");
  command.footer(
      "With up to 8 jobs the plan is optimal; with more, a lower bound on the cost is given.\n"
      "Jobs that cannot be placed are listed with the reason; the exit code is still 0.");
}

}  // namespace turbodiff::app
