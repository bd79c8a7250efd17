#include "report/html/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/html/escape.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

constexpr Seconds a_minute = 60, an_hour = 3600, a_day = 86'400;
constexpr double pixels_a_label = 62;

struct TimeMark {
  Seconds instant = 0;
  std::string label;
  bool date = false;
};

std::vector<TimeMark> time_marks(Seconds from, Seconds to, Seconds step, const tariff::LocalZone& zone) {
  std::vector<TimeMark> marks;
  if (step >= a_day) {
    const tariff::LocalDay days = step / a_day;
    for (tariff::LocalDay day = zone.day_at(from); zone.day_start(day) <= to; ++day) {
      const Seconds at = zone.day_start(day);
      if (at < from || day % days != 0) continue;
      marks.push_back({at, tariff::format_date(day).substr(5), true});
    }
    return marks;
  }
  for (const tariff::OffsetSpan& span : zone.spans(from, to + 1)) {
    const Seconds local = span.start + span.offset_s;
    for (Seconds at = (local + step - 1) / step * step - span.offset_s; at < span.end; at += step) {
      const Seconds clock = ((at + span.offset_s) % a_day + a_day) % a_day;
      if (clock == 0)
        marks.push_back({at, tariff::format_date(zone.day_at(at)).substr(5), true});
      else
        marks.push_back({at, fmt::format("{:02}:{:02}", clock / an_hour, clock / a_minute % 60), false});
    }
  }
  return marks;
}

}  // namespace

std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

Svg::Svg(const Frame& frame, std::string_view title, std::string_view description) : frame_(frame) {
  out_ = fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\">"
      "<title id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>\n",
      frame.narrow ? "narrow" : "wide", coordinate(frame.width), coordinate(frame.height), frame.id, frame.id,
      frame.id, html_escape(title), frame.id, html_escape(description));
}

void Svg::close(std::string_view element, std::string_view tip) {
  if (tip.empty())
    out_ += "/>\n";
  else
    out_ += fmt::format("><title>{}</title></{}>\n", html_escape(tip), element);
}

void Svg::rect(double x, double y, double width, double height, std::string_view classes,
               std::string_view tip) {
  out_ +=
      fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", classes, coordinate(x),
                  coordinate(y), coordinate(std::max(0.0, width)), coordinate(std::max(0.0, height)));
  close("rect", tip);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  out_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes,
                      coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

void Svg::circle(double x, double y, double radius, std::string_view classes, std::string_view tip) {
  out_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"", classes, coordinate(x),
                      coordinate(y), coordinate(radius));
  close("circle", tip);
}

void Svg::path(const std::string& data, std::string_view classes) {
  if (!data.empty()) out_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", classes, data);
}

void Svg::text(double x, double y, std::string_view text, std::string_view classes, std::string_view anchor) {
  out_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", classes,
                      coordinate(x), coordinate(y), anchor, html_escape(text));
}

std::string Svg::finish() {
  return out_ + "</svg>\n";
}

std::string Ticks::label(double value) const {
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  return text.find_first_not_of("-0.") == std::string::npos ? "0" : text;
}

Ticks ticks_for(double low, double high, int count) {
  if (!(high > low)) high = low + 1;
  const double rough = (high - low) / std::max(1, count);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  Ticks ticks;
  ticks.step = power * 10;
  for (const double factor : {1.0, 2.0, 5.0})
    if (power * factor >= rough * (1 - 1e-9)) {
      ticks.step = power * factor;
      break;
    }
  ticks.low = std::floor(low / ticks.step + 1e-9) * ticks.step;
  ticks.high = std::ceil(high / ticks.step - 1e-9) * ticks.step;
  for (int i = 0; ticks.low + i * ticks.step <= ticks.high + ticks.step / 2; ++i)
    ticks.values.push_back(ticks.low + i * ticks.step);
  return ticks;
}

void draw_y_axis(Svg& svg, Plot& plot, const Ticks& ticks, std::string_view unit) {
  plot.y_low = ticks.low;
  plot.y_high = ticks.high;
  for (const double value : ticks.values) {
    const double y = plot.y(value);
    svg.line(plot.left, y, plot.right, y, std::abs(value) < ticks.step / 2 ? "axis" : "grid");
    svg.text(plot.left - 6, y + 4, ticks.label(value), "tick", "end");
  }
  svg.text(2, plot.top - 14, unit, "unit");
}

void draw_time_axis(Svg& svg, const Plot& plot, const tariff::LocalZone& zone) {
  const auto from = static_cast<Seconds>(std::ceil(plot.x_low / 1e6));
  const auto to = static_cast<Seconds>(plot.x_high / 1e6);
  const double most = std::max(2.0, (plot.right - plot.left) / pixels_a_label);
  constexpr std::array<Seconds, 18> steps = {
      a_minute,  2 * a_minute, 5 * a_minute, 10 * a_minute, 15 * a_minute, 30 * a_minute,
      an_hour,   2 * an_hour,  3 * an_hour,  6 * an_hour,   12 * an_hour,  a_day,
      2 * a_day, 4 * a_day,    7 * a_day,    14 * a_day,    28 * a_day,    91 * a_day};
  Seconds step = steps.back();
  for (const Seconds candidate : steps)
    if (static_cast<double>(to - from) / static_cast<double>(candidate) <= most) {
      step = candidate;
      break;
    }
  svg.line(plot.left, plot.bottom, plot.right, plot.bottom, "axis");
  double free_from = -1;
  for (const TimeMark& mark : time_marks(from, to, step, zone)) {
    const double x = plot.x(static_cast<double>(mark.instant) * 1e6);
    svg.line(x, plot.bottom, x, plot.bottom + 4, "axis");
    if (x < free_from) continue;
    free_from = x + 40;
    const bool first = x<plot.left + 16, last = x> plot.right - 16;
    svg.text(first  ? plot.left
             : last ? plot.right
                    : x,
             plot.bottom + 17, mark.label, mark.date ? "tick date" : "tick",
             first  ? "start"
             : last ? "end"
                    : "middle");
  }
}

}  // namespace turbodiff::report
