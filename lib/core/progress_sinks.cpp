#include "core/progress_sinks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/json_text.h"
#include "core/text/text_width.h"
#include "core/units.h"

namespace turbodiff::core {
namespace {

constexpr double redraw_interval_s = 0.1;

std::string steps_text(const ProgressEvent& event) {
  if (event.steps > 0) return fmt::format("{}/{}", event.step, event.steps);
  return event.step > 0 ? fmt::format("{}", event.step) : std::string();
}

std::string speed_text(const ProgressEvent& event) {
  if (event.seconds_per_step < 0) return {};
  if (event.seconds_per_step < 0.1) return fmt::format("{:.0f} ms/step", event.seconds_per_step * 1000);
  if (event.seconds_per_step < 10) return fmt::format("{:.2f} s/step", event.seconds_per_step);
  return fmt::format("{:.1f} s/step", event.seconds_per_step);
}

void append(std::string& line, const std::string& part) {
  if (part.empty()) return;
  if (!line.empty()) line += "  ";
  line += part;
}

std::string detail_text(const ProgressEvent& event) {
  return event.detail.empty() ? "" : "(" + escape_control(event.detail) + ")";
}

std::string finished_line(const ProgressEvent& event) {
  std::string line = event.stage;
  append(line, event.steps > 1 ? steps_text(event) : std::string());
  append(line, event.step > 1 ? speed_text(event) : std::string());
  append(line, format_duration(event.elapsed_s));
  append(line, detail_text(event));
  return line;
}

bool is_complete(const ProgressEvent& event) {
  return event.steps == 0 || event.step == event.steps;
}

nlohmann::json known_or_null(double seconds) {
  if (seconds < 0) return nullptr;
  return std::round(seconds * 1e6) / 1e6;
}

}  // namespace

ProgressMode parse_progress_mode(std::string_view text) {
  if (text == "auto") return ProgressMode::automatic;
  if (text == "bar") return ProgressMode::bar;
  if (text == "lines") return ProgressMode::lines;
  if (text == "json") return ProgressMode::json;
  if (text == "none") return ProgressMode::none;
  throw Error::bad_request(fmt::format("unknown progress mode '{}'", escape_control(text)),
                           "use auto, bar, lines, json or none");
}

std::unique_ptr<ProgressSink> make_progress_sink(ProgressMode mode, Console& console, const Clock& clock) {
  switch (mode) {
    case ProgressMode::none:
      return std::make_unique<SilentProgress>();
    case ProgressMode::json:
      return std::make_unique<JsonProgress>(console);
    case ProgressMode::automatic:
    case ProgressMode::bar:
      if (console.traits().tty) return std::make_unique<BarProgress>(console, clock);
      break;
    case ProgressMode::lines:
      break;
  }
  return std::make_unique<LineProgress>(console, clock);
}

std::string progress_line(const ProgressEvent& event, int columns) {
  constexpr std::size_t stage_columns = 8;
  const std::string stage = pad_to_width(event.stage, stage_columns);
  std::string tail = steps_text(event);
  append(tail, speed_text(event));
  if (event.eta_s >= 0) append(tail, "ETA " + format_duration(event.eta_s));
  append(tail, detail_text(event));
  const auto room = static_cast<std::size_t>(std::max(columns, 1));
  const std::size_t taken = display_width(stage) + 2 + display_width(tail) + (tail.empty() ? 0 : 2);
  const std::size_t bar_columns = room > taken + 2 ? std::min<std::size_t>(room - taken - 2, 30) : 0;
  std::string line = stage;
  if (bar_columns >= 5 && event.steps > 0) {
    const auto filled =
        static_cast<std::size_t>(std::floor(event.fraction * static_cast<double>(bar_columns)));
    append(line, "[" + std::string(filled, '#') + std::string(bar_columns - filled, '.') + "]");
  }
  append(line, tail);
  return truncate_to_width(line, room);
}

void BarProgress::report(const ProgressEvent& event) {
  if (event.phase == ProgressPhase::end) {
    console_.status("");
    if (is_complete(event)) console_.line(finished_line(event));
    return;
  }
  const double now_s = clock_.monotonic_s();
  if (event.phase == ProgressPhase::update && drawn_s_ >= 0 && now_s - drawn_s_ < redraw_interval_s &&
      event.step < event.steps)
    return;
  drawn_s_ = now_s;
  console_.status(progress_line(event, console_.traits().columns - 1));
}

void LineProgress::report(const ProgressEvent& event) {
  const double now_s = clock_.monotonic_s();
  switch (event.phase) {
    case ProgressPhase::begin: {
      written_s_ = now_s;
      std::string line = event.stage + "...";
      append(line, detail_text(event));
      console_.line(line);
      return;
    }
    case ProgressPhase::update: {
      if (now_s - written_s_ < interval_s_ || event.step == event.steps) return;
      written_s_ = now_s;
      std::string line = event.stage;
      append(line, steps_text(event));
      append(line, speed_text(event));
      if (event.eta_s >= 0) append(line, "ETA " + format_duration(event.eta_s));
      console_.line(line);
      return;
    }
    case ProgressPhase::end:
      if (is_complete(event)) console_.line(finished_line(event));
      return;
  }
}

nlohmann::ordered_json json_of(const ProgressEvent& event) {
  const char* phase = event.phase == ProgressPhase::begin ? "begin"
                      : event.phase == ProgressPhase::end ? "end"
                                                          : "update";
  nlohmann::ordered_json json = {{"event", "progress"},
                                 {"phase", phase},
                                 {"stage", event.stage},
                                 {"step", event.step},
                                 {"steps", event.steps},
                                 {"fraction", std::round(event.fraction * 1e6) / 1e6},
                                 {"elapsed_s", known_or_null(event.elapsed_s)},
                                 {"seconds_per_step", known_or_null(event.seconds_per_step)},
                                 {"eta_s", known_or_null(event.eta_s)},
                                 {"detail", event.detail}};
  if (event.earlier_steps > 0) json["earlier_steps"] = event.earlier_steps;
  return json;
}

void JsonProgress::report(const ProgressEvent& event) {
  console_.line(json_text(json_of(event), {.ascii = true}));
}

}  // namespace turbodiff::core
