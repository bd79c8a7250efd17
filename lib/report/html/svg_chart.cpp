#include "report/html/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html/escape.h"

namespace turbodiff::report {
namespace {

constexpr double width = 420;
constexpr double bar_height = 14, bar_step = 38;
constexpr double left = 56, right = 12, top = 26, plot_height = 190, bottom = 40;

std::string number(double value) {
  const std::string text = fmt::format("{:.2f}", value);
  return text == "-0.00" ? "0.00" : text;
}

/// Steps of 1, 2 or 5 times a power of ten, about `count` of them up to `largest`.
double tick_step(double largest, int count) {
  if (!(largest > 0)) return 1;
  const double raw = largest / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

std::string tick_text(double value, double step) {
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 9);
  if (value >= 10'000 && std::fmod(step, 1000) == 0) return fmt::format("{:.0f}k", value / 1000);
  return fmt::format("{:.{}f}", value, decimals);
}

std::string legend(const std::vector<std::string>& names, bool lines) {
  std::string text = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string shape =
        lines ? fmt::format("<line class=\"line s{}\" x1=\"0\" y1=\"6\" x2=\"24\" y2=\"6\"/>", i)
              : fmt::format("<rect class=\"fill s{}\" x=\"0\" y=\"0\" width=\"24\" height=\"12\"/>", i);
    text += fmt::format("<li><svg width=\"24\" height=\"12\" aria-hidden=\"true\">{}</svg>{}</li>", shape,
                        html_escape(names[i]));
  }
  return text + "</ul>";
}

std::string figure(const std::string& title, const std::string& legend_text, double height,
                   const std::string& content) {
  return fmt::format(
      "<figure>{}<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">{}</svg></figure>\n",
      legend_text, width, height, html_escape(title), content);
}

class LinePlot {
 public:
  explicit LinePlot(const LineChart& chart) : chart_(chart) {
    for (const Line& line : chart.lines)
      for (const auto& [x, y] : line.points) {
        largest_x_ = std::max(largest_x_, x);
        largest_y_ = std::max(largest_y_, y);
      }
    x_step_ = tick_step(largest_x_, 6);
    y_step_ = tick_step(largest_y_, 5);
    top_y_ = std::max(y_step_, std::ceil(largest_y_ / y_step_ - 1e-9) * y_step_);
  }

  std::string draw() const {
    std::string text = axes();
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) text += path(chart_.lines[i], i);
    for (const Mark& mark : chart_.marks) text += marker(mark);
    return text;
  }

 private:
  double x_at(double x) const {
    return left + (largest_x_ > 0 ? x / largest_x_ : 0) * (width - left - right);
  }
  double y_at(double y) const { return top + (1 - y / top_y_) * plot_height; }

  std::string axes() const {
    std::string text =
        fmt::format("<text class=\"axis\" x=\"0\" y=\"12\">{}</text>", html_escape(chart_.y_label));
    for (double y = 0; y <= top_y_ * 1.0001; y += y_step_)
      text += fmt::format(
          "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>"
          "<text class=\"axis\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
          number(left), number(width - right), number(y_at(y)), number(y_at(y)), number(left - 6),
          number(y_at(y) + 4), tick_text(y, y_step_));
    for (double x = 0; x <= largest_x_ * 1.0001; x += x_step_)
      text += fmt::format("<text class=\"axis\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>",
                          number(x_at(x)), number(top + plot_height + 16), tick_text(x, x_step_));
    return text + fmt::format("<text class=\"axis\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
                              number(width - right), number(top + plot_height + 34),
                              html_escape(chart_.x_label));
  }

  std::string path(const Line& line, std::size_t index) const {
    std::string points;
    for (const auto& [x, y] : line.points) points += fmt::format("{},{} ", number(x_at(x)), number(y_at(y)));
    return fmt::format("<polyline class=\"line s{}\" points=\"{}\"/>", index, points);
  }

  std::string marker(const Mark& mark) const {
    const bool late = x_at(mark.x) > (left + width) / 2;
    return fmt::format(
        "<circle class=\"mark\" cx=\"{0}\" cy=\"{1}\" r=\"5\"/>"
        "<text class=\"label\" text-anchor=\"{2}\" x=\"{3}\" y=\"{4}\">{5}</text>",
        number(x_at(mark.x)), number(y_at(mark.y)), late ? "end" : "start",
        number(x_at(mark.x) + (late ? -9 : 9)),
        number(std::min(y_at(mark.y) + (late ? -9 : 18), top + plot_height - 6)), html_escape(mark.label));
  }

  const LineChart& chart_;
  double largest_x_ = 0, largest_y_ = 0, x_step_ = 1, y_step_ = 1, top_y_ = 1;
};

}  // namespace

std::string draw(const BarChart& chart) {
  if (chart.bars.empty()) return {};
  double largest = 0;
  for (const Bar& bar : chart.bars) {
    double sum = 0;
    for (const double value : bar.values) sum += value;
    largest = std::max(largest, sum);
  }
  std::string text;
  double y = 0;
  for (const Bar& bar : chart.bars) {
    text += fmt::format(
        "<text class=\"name\" x=\"0\" y=\"{0}\">{1}</text><text class=\"name\" text-anchor=\"end\" x=\"{2}\" "
        "y=\"{0}\">{3}</text><rect class=\"track\" x=\"0\" y=\"{4}\" width=\"{2}\" height=\"{5}\"/>",
        number(y + 13), html_escape(bar.label), number(width), html_escape(bar.total), number(y + 18),
        number(bar_height));
    double x = 0;
    for (std::size_t i = 0; i < bar.values.size(); ++i) {
      const double part = largest > 0 ? bar.values[i] / largest * width : 0;
      if (part > 0)
        text += fmt::format("<rect class=\"fill s{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", i,
                            number(x), number(y + 18), number(part), number(bar_height));
      x += part;
    }
    y += bar_step;
  }
  return figure(chart.title, legend(chart.series, false), y, text);
}

std::string draw(const LineChart& chart) {
  if (chart.lines.empty()) return {};
  std::vector<std::string> names;
  for (const Line& line : chart.lines) names.push_back(line.name);
  return figure(chart.title, legend(names, true), top + plot_height + bottom, LinePlot(chart).draw());
}

}  // namespace turbodiff::report
