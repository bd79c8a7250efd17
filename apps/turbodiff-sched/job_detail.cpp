#include "job_detail.h"

#include <nlohmann/json.hpp>

#include "core/text/strings.h"
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
  for (const tariff::Segment& segment : queue.store().prices(attempt.id))
    prices.push_back(
        {{"start", tariff::format_utc(segment.start)},
         {"end", tariff::format_utc(segment.end)},
         {"rate", segment.rate ? Json(*segment.rate) : Json()},
         {"price", segment.price ? Json::parse(tariff::format_price(segment.price->gross)) : Json()},
         {"off_peak", segment.off_peak}});
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
    json["cost"] = attempt.bill.cost.gross.units();
    json["currency"] = attempt.bill.currency;
    json["cost_detail"] = detail_of(attempt.bill.cost);
    json["complete"] = attempt.bill.complete;
    json["energy"] = energy_json(attempt.bill);
  }
  json["prices"] = std::move(prices);
  return json;
}

}  // namespace

Json job_detail(Queue& queue, store::JobId id) {
  const JobView view = views_of(queue, {queue.store().job(id)}).front();
  Json json = json_of(view);
  json["request"] = Json::parse(queue.store().preset(view.job.preset).options);
  json["request"].update(Json::parse(view.job.spec.options));
  json["fingerprint"] = view.job.fingerprint;
  json["attempts"] = Json::array();
  for (const store::Attempt& attempt : queue.store().attempts(id))
    json["attempts"].push_back(attempt_json(queue, attempt));
  json["events"] = Json::array();
  for (const store::Event& event : queue.store().events(id))
    json["events"].push_back(
        {{"at", tariff::format_utc(seconds_of(event.at))}, {"kind", event.kind}, {"detail", event.detail}});
  return json;
}

}  // namespace turbodiff::app
