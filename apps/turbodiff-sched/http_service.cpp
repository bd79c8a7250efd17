#include "http_service.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "add_jobs.h"
#include "first_guess.h"
#include "job_detail.h"
#include "job_report.h"
#include "plan/plan_json.h"
#include "queue/queue_plan.h"
#include "report/report_model.h"
#include "report_records.h"
#include "restart_worker.h"
#include "running_job.h"
#include "span_curve.h"
#include "tariff/local_time.h"
#include "tariff/make_curve.h"
#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// What began earlier does not reach into today.
constexpr tariff::Seconds longest_attempt_s = 7 * 86400;

class CommandQueue : public http::HttpQueue {
 public:
  explicit CommandQueue(std::unique_ptr<Queue> queue) : queue_(std::move(queue)) {}

  store::JobStore& store() override { return queue_->store(); }
  store::Micros now() override { return queue_->now_micros(); }

  store::JobId add(const http::GenerationPost& post, const fs::path& output) override {
    for (const std::string& note : post.warnings) queue_->program().log().info("POST: {}", note);
    AddFlags flags;
    flags.options = post.options;
    flags.options.output = output.string();
    flags.deadline = post.deadline;
    flags.earliest = post.earliest;
    flags.priority = post.priority;
    flags.after = post.after;
    flags.when = spec::name_of(post.when);
    flags.retries = post.retries;
    flags.group = post.group;
    flags.hold = post.hold;
    return add_jobs(*queue_, flags).at(0);
  }

  Json list(const store::ListQuery& query) override {
    Json jobs = Json::array();
    for (const JobView& view : views_of(*queue_, queue_->store().list(query))) jobs.push_back(json_of(view));
    return {{"jobs", std::move(jobs)}};
  }

  Json show(store::JobId id) override { return job_detail(*queue_, id); }
  Json status() override { return queue_status(*queue_); }
  void restart_worker() override { app::restart_worker(*queue_); }

  Json summary() override {
    report::ReportOptions options;
    options.zone = queue_->zone();
    options.by = report::GroupBy::day;
    const tariff::LocalDay day = options.zone.day_at(queue_->now());
    options.from = options.zone.day_start(day);
    options.to = options.zone.day_start(day + 1);
    const report::Records records = report_records(
        queue_->store(), true, (*options.from - longest_attempt_s) * 1'000'000, *options.to * 1'000'000);
    const report::Report report = report::make_report(records, options);
    Json costs = Json::array();
    std::int64_t microjoules = 0;
    for (const report::Total& total : report.totals) {
      microjoules += total.machine.energy.wall;
      if (total.currency.empty()) continue;
      Json saved;
      if (total.of_jobs.has_asap) saved = core::Money::from_micro(total.of_jobs.saving()).units();
      costs.push_back({{"currency", total.currency},
                       {"cost", total.machine.cost.gross.units()},
                       {"saved", std::move(saved)}});
    }
    return {{"date", tariff::format_date(day)},
            {"jobs", report.jobs},
            {"kwh", static_cast<double>(microjoules) / 3.6e12},
            {"costs", std::move(costs)}};
  }

  Json tariff(const std::optional<std::string>& from, const std::optional<std::string>& to) override {
    const tariff::Tariff tariff = queue_->load_tariff(tariff::FeedAccess::kept);
    return tariff::json_of(tariff, span_curve(*queue_, tariff, from, to));
  }

  std::string plan() override {
    const tariff::Tariff tariff = queue_->load_tariff(tariff::FeedAccess::kept);
    queue::Estimator estimator(queue_->store(), queue_->power(), first_guess(*queue_, Measuring::not_now));
    queue::QueuePlanOptions options;
    options.now = queue_->now();
    options.running = running_job(*queue_, estimator);
    options.label = [&](tariff::Seconds instant) { return tariff::format_local(instant, tariff.zone); };
    const auto curve = tariff::make_curve(tariff, options.now, options.now + options.horizon_s);
    return plan::plan_json(queue::plan_queue(queue_->store(), estimator, curve, options).plan,
                           tariff.currency, true);
  }

 private:
  std::unique_ptr<Queue> queue_;
};

/// With the data of the user, or beside the store where there is no home.
fs::path video_folder(Queue& queue) {
  if (const auto path = queue.program().config().path("http.output")) return *path;
  try {
    return queue.program().paths().data_dir() / "videos";
  } catch (const Error&) {
    return store::folder_beside(queue.store_file(), "videos");
  }
}

/// Into settings: what the configuration names is asked of everyone, what 'http token' has made beside the
/// store only of those who are not the server's own user.
void read_tokens(Queue& queue, http::HttpSettings& settings) {
  settings.token = configured_token(queue);
  settings.token_for_all = !settings.token.empty();
  std::error_code ignored;
  if (const fs::path file = made_token_file(queue); !settings.token_for_all && fs::exists(file, ignored))
    settings.token = http::read_token(file);
}

}  // namespace

fs::path made_token_file(Queue& queue) {
  return store::folder_beside(queue.store_file(), "http-token");
}

std::string configured_token(Queue& queue) {
  const core::Config& config = queue.program().config();
  const auto file = config.path("http.token_file");
  const auto variable = config.text("http.token_env");
  if (file && variable)
    throw Error::bad_request("http.token_file and http.token_env exclude each other", "leave one out");
  if (file) return http::read_token(*file);
  if (!variable) return {};
  const auto token = queue.program().environment().get(*variable);
  if (!token) throw Error::bad_request(fmt::format("http.token_env: the variable {} is not set", *variable));
  http::check_token(*token, "http.token_env");
  return *token;
}

void add_http_flags(CLI::App& command, HttpFlags& flags) {
  flags.option =
      command
          .add_option(
              "--http", flags.listen,
              "Serve the HTTP API at this address (127.0.0.1:7860) to this user; others need the token of "
              "'http token'")
          ->type_name("[HOST:PORT]")
          ->expected(0, 1)
          ->group("Options");
}

http::ListenAddress configured_address(Queue& queue) {
  const auto configured = queue.program().config().text("http.listen");
  return http::parse_listen(configured ? *configured : std::string(http::default_listen), "http.listen");
}

std::unique_ptr<http::HttpApi> start_http(Queue& queue, const HttpFlags& flags) {
  const auto configured = queue.program().config().text("http.listen");
  const bool asked = flags.option != nullptr && flags.option->count() > 0;
  if (!asked && !configured) return nullptr;
  const http::ListenAddress address = asked && !flags.listen.empty()
                                          ? http::parse_listen(flags.listen, "--http")
                                      : asked ? http::parse_listen(http::default_listen, "--http")
                                              : configured_address(queue);
  http::HttpSettings settings;
  settings.host = address.host;
  settings.port = address.port;
  read_tokens(queue, settings);
  settings.output = video_folder(queue);
  return std::make_unique<http::HttpApi>(
      std::move(settings), queue.store_file(),
      [&queue] { return std::make_unique<CommandQueue>(queue.for_thread()); }, queue.program().log());
}

}  // namespace turbodiff::app
