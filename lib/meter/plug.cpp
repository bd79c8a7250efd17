#include "meter/plug.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace turbodiff::meter {
namespace {

using Json = nlohmann::json;

constexpr double largest_watts = 1e5;
constexpr double watt_minute_uj = 60e6, watt_hour_uj = 3600e6, kwh_uj = 3.6e12;

std::string_view path_of(PlugType type) {
  switch (type) {
    case PlugType::shelly:
      return "/status";
    case PlugType::shelly2:
      return "/rpc/Switch.GetStatus?id=0";
    case PlugType::tasmota:
      return "/cm?cmnd=Status%208";
  }
  return {};
}

/// The first one for plugs with several sockets.
const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  if (found == object.end()) return nullptr;
  const Json& value = *found;
  if (!value.is_array()) return &value;
  return value.empty() ? nullptr : &value[0];
}

std::optional<double> number(const Json* object, const char* name) {
  const Json* value = object != nullptr ? member(*object, name) : nullptr;
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<PlugType> plug_type_named(std::string_view name) {
  if (name == "shelly") return PlugType::shelly;
  if (name == "shelly2") return PlugType::shelly2;
  if (name == "tasmota") return PlugType::tasmota;
  return std::nullopt;
}

std::optional<PlugReading> parse_plug(PlugType type, std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return std::nullopt;
  std::optional<double> watts, counter_uj;
  const auto counter = [&](const Json* object, const char* name, double unit_uj) {
    if (const auto value = number(object, name); value && *value * unit_uj < 9e18)
      counter_uj = *value * unit_uj;
  };
  switch (type) {
    case PlugType::shelly: {
      const Json* listed = member(answer, "meters");
      const Json* meter = listed != nullptr ? listed : &answer;  // of /status, or of /meter/0
      if (meter->is_object() && !meter->value("is_valid", true)) return std::nullopt;
      watts = number(meter, "power");
      counter(meter, "total", watt_minute_uj);
      break;
    }
    case PlugType::shelly2:
      watts = number(&answer, "apower");
      counter(member(answer, "aenergy"), "total", watt_hour_uj);
      break;
    case PlugType::tasmota: {
      const Json* sensors = member(answer, "StatusSNS");
      const Json* energy = sensors != nullptr ? member(*sensors, "ENERGY") : nullptr;
      watts = number(energy, "Power");
      counter(energy, "Total", kwh_uj);
      break;
    }
  }
  if (!watts || *watts > largest_watts) return std::nullopt;
  PlugReading reading{std::llround(*watts * 1e3), std::nullopt};
  if (counter_uj) reading.counter_uj = std::llround(*counter_uj);
  return reading;
}

Plug::Plug(PlugType type, const std::string& url, Fetch fetch)
    : type_(type), url_(url), fetch_(std::move(fetch)) {
  while (url_.ends_with('/')) url_.pop_back();
  const std::size_t host = url_.find("://");
  if (url_.find('/', host == std::string::npos ? 0 : host + 3) == std::string::npos) url_ += path_of(type);
}

std::optional<PlugReading> Plug::read() const {
  const auto body = fetch_(url_);
  return body ? parse_plug(type_, *body) : std::nullopt;
}

}  // namespace turbodiff::meter
