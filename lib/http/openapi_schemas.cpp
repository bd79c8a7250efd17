#include <algorithm>
#include <string>

#include "http/a1111_fields.h"
#include "http/generation_post.h"
#include "http/openapi.h"
#include "spec/option_table.h"

namespace turbodiff::http {
namespace {

using Json = nlohmann::ordered_json;

Json type(const char* name) {
  return {{"type", name}};
}
Json nullable(const char* name) {
  return {{"type", {name, "null"}}};
}
Json time() {
  return {{"type", "string"}, {"format", "date-time"}};
}
Json nullable_time() {
  return {{"type", {"string", "null"}}, {"format", "date-time"}};
}
Json array_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
Json whole(std::int64_t least, std::int64_t most, std::int64_t standard) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}, {"default", standard}};
}

/// All properties are required; more may come in later versions.
Json object(Json properties) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}
Json document(Json properties) {
  Json whole = {{"schema_version", {{"const", 1}}}};
  whole.update(properties);
  return object(std::move(whole));
}

Json schema_of(const spec::Option& option) {
  using Field = spec::Option;
  Json schema;
  if (std::holds_alternative<Field::Member<bool>>(option.field))
    schema = type("boolean");
  else if (std::holds_alternative<Field::Member<std::int64_t>>(option.field))
    schema = type("integer");
  else if (std::holds_alternative<Field::Member<double>>(option.field))
    schema = type("number");
  else if (std::holds_alternative<Field::Member<spec::Seed>>(option.field))
    schema = {{"type", "integer"}, {"minimum", -1}, {"maximum", 9007199254740991}};
  else
    schema = type("string");
  const bool integer = schema["type"] == "integer";
  const auto bound = [&](double value) {
    return integer ? Json(static_cast<std::int64_t>(value)) : Json(value);
  };
  if (option.minimum) schema["minimum"] = bound(*option.minimum);
  if (option.maximum) schema["maximum"] = bound(*option.maximum);
  if (!option.choices.empty()) schema["enum"] = option.choices;
  if (option.name == "size") schema["pattern"] = "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$";
  schema["description"] = option.help;
  return schema;
}

/// Spellings that are accepted besides (dashes, other names) are left out.
Json generation() {
  Json properties = Json::object();
  for (const spec::Option& option : spec::option_table())
    if (may_be_posted(option.json_name()) && !option.also_grid && !option.hidden)
      properties[option.json_name()] = schema_of(option);
  properties["width"] = whole(1, most_pixels_a_side, 0);
  properties["height"] = whole(1, most_pixels_a_side, 0);
  for (const char* side : {"width", "height"}) properties[side].erase("default");
  properties["format"] = {{"enum", post_formats()}, {"default", "mp4"}};
  properties["async"] = {{"type", "boolean"},
                         {"default", false},
                         {"description", "Reply at once with the id (202) instead of waiting for the video"}};
  properties["when"] = {{"enum", {"off-peak", "cheapest", "now"}}, {"default", "now"}};
  properties["deadline"] = {{"type", "string"}, {"description", "RFC 3339, +90m, 22:00 or 'tomorrow 06:30'"}};
  properties["earliest"] = properties["deadline"];
  properties["priority"] = whole(-most_priority, most_priority, 0);
  properties["after"] = array_of({{"type", "integer"}, {"minimum", 1}});
  properties["retries"] = whole(0, most_retries, 2);
  properties["group"] = type("string");
  properties["hold"] = {{"type", "boolean"}, {"default", false}};
  for (const std::string_view field : a1111_fields())
    properties[std::string(field)] = {
        {"deprecated", true},
        {"description", "Of stable-diffusion-webui; taken where it means something here"}};
  return {{"type", "object"},
          {"required", {"prompt"}},
          {"properties", std::move(properties)},
          {"dependentRequired", {{"width", {"height"}}, {"height", {"width"}}}},
          {"additionalProperties", false}};
}

Json job() {
  const Json figures = object({{"seconds", type("number")},
                               {"kwh", type("number")},
                               {"cost", nullable("number")},
                               {"currency", nullable("string")}});
  Json actual = figures;
  actual["type"] = {"object", "null"};
  return object({{"id", type("integer")},
                 {"state", {{"enum", {"queued", "held", "running", "done", "failed", "cancelled"}}}},
                 {"prompt", type("string")},
                 {"priority", type("integer")},
                 {"when", {{"enum", {"off-peak", "cheapest", "now"}}}},
                 {"earliest", nullable_time()},
                 {"deadline", nullable_time()},
                 {"after", array_of(type("integer"))},
                 {"group", type("string")},
                 {"planned_start", nullable_time()},
                 {"waiting", nullable("string")},
                 {"added", time()},
                 {"started", nullable_time()},
                 {"finished", nullable_time()},
                 {"attempt", type("integer")},
                 {"model", type("string")},
                 {"estimate", figures},
                 {"actual", actual},
                 {"output", type("string")},
                 {"error", nullable("string")}});
}

Json job_detail() {
  Json detail = job();
  Json more = document({{"request", type("object")},
                        {"fingerprint", type("string")},
                        {"attempts", array_of(type("object"))},
                        {"events", array_of(type("object"))}});
  detail["properties"].update(more["properties"]);
  for (const Json& name : more["required"]) detail["required"].push_back(name);
  return detail;
}

Json plan() {
  return document({{"currency", type("string")},
                   {"total_cost", type("number")},
                   {"total_kwh", type("number")},
                   {"asap_cost", nullable("number")},
                   {"lower_bound", nullable("number")},
                   {"jobs", array_of(object({{"id", Json::object()},
                                             {"worker", type("integer")},
                                             {"start", time()},
                                             {"end", time()},
                                             {"kwh", type("number")},
                                             {"cost", type("number")}}))},
                   {"unplaced", array_of(object({{"id", Json::object()}, {"reason", type("string")}}))}});
}

Json error() {
  Json problem = object({{"code", {{"enum", {1, 2, 3, 4, 130}}}}, {"message", type("string")}});
  problem["properties"]["hint"] = type("string");
  return document({{"error", problem}});
}

}  // namespace

Json openapi_schemas() {
  return {
      {"Generation", generation()},
      {"Video", document({{"id", type("integer")},
                          {"path", type("string")},
                          {"seed", type("integer")},
                          {"seconds", type("number")},
                          {"kwh", type("number")},
                          {"cost", nullable("number")},
                          {"currency", nullable("string")},
                          {"url", type("string")},
                          {"warnings", array_of(type("string"))}})},
      {"Queued", document({{"id", type("integer")}, {"warnings", array_of(type("string"))}})},
      {"Progress", document({{"job", nullable("integer")},
                             {"stage", nullable("string")},
                             {"step", nullable("integer")},
                             {"steps", nullable("integer")},
                             {"progress", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
                             {"eta_relative", nullable("number")},
                             {"queued", type("integer")}})},
      {"Job", job()},
      {"JobDetail", job_detail()},
      {"Jobs", document({{"jobs", array_of({{"$ref", "#/components/schemas/Job"}})}})},
      {"Removed", document({{"id", type("integer")}, {"state", {{"const", "removed"}}}})},
      {"Plan", plan()},
      {"Tariff", document({{"name", type("string")},
                           {"currency", type("string")},
                           {"timezone", type("string")},
                           {"segments", array_of(object({{"start", time()},
                                                         {"end", time()},
                                                         {"rate", nullable("string")},
                                                         {"price", nullable("number")},
                                                         {"off_peak", type("boolean")}}))}})},
      {"Status",
       document({{"daemon", nullable("integer")}, {"paused", type("boolean")}, {"jobs", type("object")}})},
      {"Summary", document({{"date", {{"type", "string"}, {"format", "date"}}},
                            {"jobs", type("integer")},
                            {"kwh", type("number")},
                            {"costs", array_of(object({{"currency", type("string")},
                                                       {"cost", type("number")},
                                                       {"saved", nullable("number")}}))}})},
      {"Restarting", document({{"worker", {{"const", "restarting"}}}})},
      {"Error", error()}};
}

}  // namespace turbodiff::http
