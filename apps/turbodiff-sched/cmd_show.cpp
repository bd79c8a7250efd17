// turbodiff-sched show ID, log ID
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands.h"
#include "core/signals.h"
#include "core/strings.h"
#include "core/units.h"
#include "job_report.h"
#include "tariff/local_time.h"
#include "tariff/tariff_report.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_of(store::Micros instant) {
  return instant / 1'000'000;
}

/// Where the energy of an attempt went and how that was found.
Json energy_json(const store::Bill& bill) {
  const auto kwh = [](std::int64_t microjoules) {
    return Json::parse(core::Kwh::from_microjoules(microjoules).to_string());
  };
  const auto known = [](const std::optional<std::int64_t>& value, double unit) {
    return value ? Json(static_cast<double>(*value) / unit) : Json();
  };
  return {{"gpu_kwh", kwh(bill.gpu_microjoules)},
          {"cpu_kwh", kwh(bill.cpu_microjoules)},
          {"rest_kwh", kwh(bill.rest_microjoules)},
          {"method", bill.method},
          {"uncertainty", static_cast<double>(bill.uncertainty_ppm) / 1e6},
          {"flags", bill.flags.empty() ? std::vector<std::string_view>() : core::split(bill.flags, ',')},
          {"gpu", bill.gpu.empty() ? Json() : Json(bill.gpu)},
          {"gpu_utilisation", known(bill.gpu_permille, 1e3)},
          {"cpu_utilisation", known(bill.cpu_permille, 1e3)},
          {"gpu_peak_bytes", bill.gpu_peak_bytes ? Json(*bill.gpu_peak_bytes) : Json()},
          {"host_peak_bytes", bill.host_peak_bytes ? Json(*bill.host_peak_bytes) : Json()},
          {"co2_grams", known(bill.co2_milligrams, 1e3)},
          {"cost_at_once", known(bill.asap_gross, 1e6)}};
}

Json attempt_json(Queue& queue, const store::Attempt& attempt) {
  Json prices = Json::array();
  for (const store::PriceSnapshot& price : queue.store().prices(attempt.id))
    prices.push_back({{"start", tariff::format_utc(price.start)},
                      {"end", tariff::format_utc(price.end)},
                      {"rate", price.rate.empty() ? Json() : Json(price.rate)},
                      {"price", price.gross ? Json::parse(tariff::format_price(*price.gross)) : Json()},
                      {"off_peak", price.off_peak}});
  Json json = {{"number", attempt.number},
               {"state", store::name_of(attempt.state)},
               {"started", tariff::format_utc(seconds_of(attempt.started_at))},
               {"ended", attempt.ended_at ? Json(tariff::format_utc(seconds_of(*attempt.ended_at))) : Json()},
               {"resumed", attempt.resumed},
               {"error", attempt.error.empty() ? Json() : Json(attempt.error)}};
  if (attempt.ended_at) {
    json["seconds"] = static_cast<double>(attempt.bill.microseconds) / 1e6;
    json["watts"] = static_cast<double>(attempt.bill.milliwatts) / 1e3;
    json["kwh"] = Json::parse(core::Kwh::from_microjoules(attempt.bill.microjoules).to_string());
    json["source"] = attempt.bill.source;
    json["tariff"] = attempt.bill.tariff;
    json["cost"] = static_cast<double>(attempt.bill.gross) / 1e6;
    json["currency"] = attempt.bill.currency;
    json["cost_detail"] = {{"net", static_cast<double>(attempt.bill.net) / 1e6},
                           {"levies", static_cast<double>(attempt.bill.levies) / 1e6},
                           {"vat", static_cast<double>(attempt.bill.vat) / 1e6}};
    json["complete"] = attempt.bill.complete;
    json["energy"] = energy_json(attempt.bill);
  }
  json["prices"] = std::move(prices);
  return json;
}

void show(Queue& queue, store::JobId id) {
  const JobView view = views_of(queue, {queue.store().job(id)}).front();
  const auto attempts = queue.store().attempts(id);
  if (queue.program().flags().json) {
    Json json = json_of(view);
    json["request"] = Json::parse(queue.store().preset(view.job.preset).options);
    json["request"].update(Json::parse(view.job.spec.options));
    json["fingerprint"] = view.job.fingerprint;
    json["attempts"] = Json::array();
    for (const store::Attempt& attempt : attempts) json["attempts"].push_back(attempt_json(queue, attempt));
    json["events"] = Json::array();
    for (const store::Event& event : queue.store().events(id))
      json["events"].push_back(
          {{"at", tariff::format_utc(seconds_of(event.at))}, {"kind", event.kind}, {"detail", event.detail}});
    queue.program().print_json(json);
    return;
  }
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<12} {}\n", name, value);
  };
  const store::Job& job = view.job;
  const auto at = [&](const std::optional<tariff::Seconds>& instant) {
    return instant ? queue.local(*instant) : std::string();
  };
  line("job", std::to_string(job.id));
  line("state", std::string(store::name_of(job.state)) + (job.cancel_requested ? ", being cancelled" : ""));
  line("error", job.error);
  line("prompt", job.spec.prompt);
  line("output", job.spec.output);
  line("model", job.model);
  line("when", std::string(store::name_of(job.spec.when)));
  line("priority", std::to_string(job.spec.priority));
  line("group", job.spec.group);
  line("after", fmt::format("{}", fmt::join(job.after, ", ")));
  line("earliest", at(job.spec.earliest));
  line("deadline", at(job.spec.deadline));
  line("planned", at(view.planned_start));
  line("added", at(seconds_of(job.added_at)));
  line("estimate", fmt::format("{} ({} to {}, from {} runs), {:.6f} kWh, {}",
                               core::format_duration(view.estimate.seconds),
                               core::format_duration(view.low_s), core::format_duration(view.high_s),
                               view.observations, view.estimate.kwh, money_text(view.estimate)));
  for (const store::Attempt& attempt : attempts) {
    std::string value =
        fmt::format("{}, {}", queue.local(seconds_of(attempt.started_at)), store::name_of(attempt.state));
    if (attempt.ended_at)
      value +=
          fmt::format(", {}, {} kWh ({}, {}{}{}), {} {}",
                      core::format_duration(static_cast<double>(attempt.bill.microseconds) / 1e6),
                      core::Kwh::from_microjoules(attempt.bill.microjoules).to_string(), attempt.bill.source,
                      attempt.bill.method, attempt.bill.flags.empty() ? "" : "; ", attempt.bill.flags,
                      core::Money::from_micro(attempt.bill.gross).to_string(), attempt.bill.currency);
    line(fmt::format("attempt {}", attempt.number), value);
    line("", attempt.error);
  }
  if (view.actual) line("cost", fmt::format("{:.9f} kWh, {}", view.actual->kwh, money_text(*view.actual)));
  queue.program().print(text);
}

void log(Queue& queue, store::JobId id, bool follow) {
  queue.store().job(id);
  std::ifstream in(queue.store().log_file(id));
  std::string text;
  while (true) {
    const bool over = !follow || store::is_final(queue.store().job(id).state);
    if (!in.is_open()) in.open(queue.store().log_file(id));
    if (in.is_open()) {
      in.clear();
      std::string fresh{std::istreambuf_iterator<char>(in), {}};
      if (queue.program().flags().json)
        text += fresh;
      else
        queue.program().print(fresh);
      std::cout.flush();
    }
    if (over) break;
    core::throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  if (queue.program().flags().json) queue.program().print_json({{"id", id}, {"log", text}});
}

}  // namespace

void add_show(Queue& queue) {
  const auto id = std::make_shared<store::JobId>();
  CLI::App& show_command = queue.program().add_command("show", "Show everything about a job",
                                                       [id, &queue](cli::Program&) { show(queue, *id); });
  show_command.add_option("ID", *id, "Number of the job")->required()->group("Arguments");
  const auto follow = std::make_shared<bool>(false);
  CLI::App& log_command =
      queue.program().add_command("log", "Show what the engine said during a job",
                                  [id, follow, &queue](cli::Program&) { log(queue, *id, *follow); });
  log_command.add_option("ID", *id, "Number of the job")->required()->group("Arguments");
  log_command.add_flag("-f,--follow", *follow, "Go on until the job is over")->group("Options");
}

}  // namespace turbodiff::app
