#include "runner/worker_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/retry.h"

namespace turbodiff::runner {
namespace {

const nlohmann::json& at(const nlohmann::json& object, const char* key) {
  static const nlohmann::json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t whole(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = at(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

double seconds(const nlohmann::json& object, const char* key) {
  constexpr double longest = 1e9;
  const nlohmann::json& value = at(object, key);
  const double number = value.is_number() ? value.get<double>() : 0;
  return number >= 0 && number <= longest ? number : 0;
}

}  // namespace

std::optional<WorkerEvent> read_worker_event(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  const std::string kind = text(json, "event");
  if (kind.empty()) return std::nullopt;
  WorkerEvent event;
  event.id = text(json, "id");
  if (kind == "ready") {
    event.kind = WorkerEvent::Kind::ready;
  } else if (kind == "done") {
    event.kind = WorkerEvent::Kind::done;
    const nlohmann::json& times = at(at(json, "output"), "seconds");
    event.stages = {seconds(times, "load"), seconds(times, "text"), seconds(times, "denoise"),
                    seconds(times, "decode"), seconds(times, "encode")};
  } else if (kind == "failed") {
    event.kind = WorkerEvent::Kind::failed;
    const nlohmann::json& error = at(json, "error");
    const std::int64_t code = whole(error, "code");
    if ((code >= static_cast<int>(ErrorCode::work_failed) && code <= static_cast<int>(ErrorCode::refused)) ||
        code == static_cast<int>(ErrorCode::interrupted))
      event.code = static_cast<int>(code);
    const nlohmann::json& retry = at(error, "retry");
    event.retry = retry.is_boolean() ? retry.get<bool>() : worth_a_retry(static_cast<ErrorCode>(event.code));
    event.message = text(error, "message");
    if (event.message.empty()) event.message = "the engine failed";
    if (const std::string hint = text(error, "hint"); !hint.empty()) event.message += "; " + hint;
  } else {
    event.progress = text(json, "stage");
    const std::int64_t step = whole(json, "step"), steps = whole(json, "steps");
    // Whatever an engine says, the sum stays a number of steps.
    constexpr std::int64_t most = 1'000'000;
    if (event.progress == "denoise")
      event.steps_done = std::clamp<std::int64_t>(step, 0, most) +
                         std::clamp<std::int64_t>(whole(json, "earlier_steps"), 0, most);
    if (steps > 0) event.progress = fmt::format("{} {}/{}", event.progress, step, steps);
  }
  return event;
}

}  // namespace turbodiff::runner
