#include "meter_options.h"

#include <fmt/format.h>

#include "core/net/http_client.h"
#include "core/text/strings.h"

namespace turbodiff::app {
namespace {

constexpr double plug_timeout_s = 2;
constexpr std::size_t largest_plug_answer = 64 << 10;

std::vector<std::size_t> parse_gpus(const core::ConfigValue& value) {
  std::vector<std::size_t> gpus;
  if (value.text == "all") return gpus;
  for (const std::string_view part : core::split(value.text, ',')) {
    const auto number = core::parse_integer(core::trim(part));
    if (!number || *number < 0)
      throw Error::bad_request(
          fmt::format("{}: energy.gpus must be all or numbers like 0,1, not '{}'", value.where, value.text));
    gpus.push_back(static_cast<std::size_t>(*number));
  }
  return gpus;
}

std::optional<std::string> fetch(const std::string& url) {
  try {
    core::HttpRequest request;
    request.url = url;
    request.timeout_s = plug_timeout_s;
    request.max_bytes = largest_plug_answer;
    core::HttpResponse response = core::http_get(request);
    return response.status == 200 ? std::optional(std::move(response.body)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // the meter flags what a plug does not tell
  }
}

}  // namespace

meter::MeterOptions meter_options(Queue& queue) {
  const core::Config& config = queue.program().config();
  meter::MeterOptions options;
  options.gpu = config.boolean("energy.gpu").value_or(true);
  options.cpu = config.boolean("energy.cpu").value_or(true);
  if (const auto gpus = config.find("energy.gpus")) options.gpus = parse_gpus(*gpus);
  if (const auto powercap = config.path("energy.powercap")) options.powercap = *powercap;
  options.wall.psu_efficiency = config.number("energy.psu_efficiency").value_or(options.wall.psu_efficiency);
  options.wall.rest_watts = config.number("energy.rest_watts").value_or(options.wall.rest_watts);
  options.wall.cooling = config.number("energy.cooling").value_or(options.wall.cooling);
  const auto is_set = [&](const char* name) {
    const auto value = config.find(name);
    return value && value->source != core::ConfigSource::built_in;
  };
  options.wall.calibrated = is_set("energy.psu_efficiency") && is_set("energy.rest_watts");
  const auto type = config.find("energy.plug_type"), url = config.find("energy.plug_url");
  if (type.has_value() != url.has_value())
    throw Error::bad_request(fmt::format("{}: a plug needs both energy.plug_type and energy.plug_url",
                                         (type ? type : url)->where));
  if (type) {
    options.plug_type = meter::plug_type_named(type->text);
    options.plug_url = url->text.find("://") == std::string::npos ? "http://" + url->text : url->text;
    options.fetch = fetch;
  }
  const queue::MachinePower power = queue.power();
  options.machine_has_gpu = power.has_gpu;
  options.cores = power.cores;
  return options;
}

}  // namespace turbodiff::app
