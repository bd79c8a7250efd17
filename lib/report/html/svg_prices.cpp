#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/units.h"
#include "report/html/charts.h"
#include "report/html/escape.h"
#include "report/row_texts.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

constexpr double lane_height = 20;
constexpr std::size_t most_lanes = 4;
constexpr double least_bar = 1.5, least_failed_bar = 3;

std::string_view class_of(const AttemptBar& bar) {
  if (bar.attempt->outcome == Outcome::done) return "bar done";
  return bar.attempt->outcome == Outcome::failed ? "bar failed" : "bar cutoff";
}

std::string_view word_for(Outcome outcome) {
  return outcome == Outcome::done ? "done" : outcome == Outcome::failed ? "failed" : "interrupted";
}

std::string tip_of(const AttemptBar& bar, const tariff::LocalZone& zone) {
  const Attempt& attempt = *bar.attempt;
  std::string text = fmt::format(
      "job {}, attempt {}: {}{}\n{}, {}\n{} kWh", bar.job->id, attempt.number, word_for(attempt.outcome),
      bar.wasted ? " (waste)" : "", tariff::format_local(attempt.start / 1'000'000, zone),
      core::format_duration(static_cast<double>(attempt.duration) / 1e6), short_kwh(attempt.energy.wall));
  if (!attempt.currency.empty())
    text += fmt::format(", {} {}", money_text(attempt.cost.gross.micro()), attempt.currency);
  return text + "\n" + shorten(bar.job->prompt, 100);
}

/// A lane for each bar, so that attempts side by side do not hide each other.
std::vector<std::size_t> lanes_of(const std::vector<AttemptBar>& bars, std::size_t& lanes) {
  std::vector<std::size_t> lane_of;
  std::vector<Micros> free_from;
  for (const AttemptBar& bar : bars) {
    std::size_t lane = 0;
    while (lane < free_from.size() && free_from[lane] > bar.attempt->start && lane + 1 < most_lanes) ++lane;
    if (lane == free_from.size()) free_from.push_back(0);
    free_from[lane] = bar.attempt->start + bar.attempt->duration;
    lane_of.push_back(lane);
  }
  lanes = std::max<std::size_t>(1, free_from.size());
  return lane_of;
}

void draw_bars(Svg& svg, const Plot& plot, const TimeLine& line, const tariff::LocalZone& zone,
               const std::vector<std::size_t>& lane_of, double top) {
  std::vector<double> drawn_to(most_lanes, -1e9);
  // What failed comes last, so that nothing lies over it.
  std::vector<std::size_t> order(line.bars.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t i) { return line.bars[i].attempt->outcome == Outcome::done; });
  for (const std::size_t i : order) {
    const AttemptBar& bar = line.bars[i];
    const double x1 = plot.x(static_cast<double>(std::max(line.start, bar.attempt->start)));
    const double x2 =
        std::max(x1 + (bar.attempt->outcome == Outcome::done ? least_bar : least_failed_bar),
                 plot.x(static_cast<double>(std::min(line.end, bar.attempt->start + bar.attempt->duration))));
    // Thousands of bars within one pixel look like one.
    if (x2 - drawn_to[lane_of[i]] < 0.4 && bar.attempt->outcome == Outcome::done) continue;
    drawn_to[lane_of[i]] = x2;
    const double y = top + static_cast<double>(lane_of[i]) * lane_height;
    svg.rect(x1, y, x2 - x1, lane_height - 5, class_of(bar), tip_of(bar, zone));
    const std::string label = std::to_string(bar.job->id);
    const double needed = 7.5 * static_cast<double>(label.size()) + 4;
    if (x2 - x1 >= needed) svg.text((x1 + x2) / 2, y + 11.5, label, "inbar", "middle");
  }
}

}  // namespace

std::string draw_prices(const Frame& given, const TimeLine& line, const CurrencyCharts& charts,
                        const tariff::LocalZone& zone) {
  if (line.bars.empty() && line.prices.empty()) return {};
  std::size_t lanes = 1;
  const auto lane_of = lanes_of(line.bars, lanes);
  Frame frame = given;
  const double lanes_height = static_cast<double>(lanes) * lane_height;
  frame.height += lanes_height;
  Plot plot{frame.narrow ? 44.0 : 56.0, 26, frame.width - 8, given.height - 26};
  plot.x_low = static_cast<double>(line.start);
  plot.x_high = static_cast<double>(line.end);
  double low = 0, high = 0;
  for (const PriceStep& step : line.prices)
    low = std::min(low, step.price), high = std::max(high, step.price);
  Svg svg(frame, "Price of electricity, and when jobs ran",
          fmt::format("{} attempts between {} and {}; prices from {:.4f} to {:.4f} {} a kWh.",
                      line.bars.size(), tariff::format_local(line.start / 1'000'000, zone),
                      tariff::format_local(line.end / 1'000'000, zone), low, high, line.currency));
  draw_y_axis(svg, plot, ticks_for(low, high, 4), line.currency + " a kWh");
  std::string steps;
  double last_x = -1, last_price = 0;
  for (const PriceStep& step : line.prices) {
    const double x1 = plot.x(static_cast<double>(step.start) * 1e6),
                 x2 = plot.x(static_cast<double>(step.end) * 1e6);
    const double y = plot.y(step.price), zero = plot.y(0);
    int colour = 0;
    for (const RateColour& rate : charts.rates)
      if (rate.label == step.label) colour = rate.colour;
    svg.rect(x1, std::min(y, zero), x2 - x1, std::max(1.0, std::abs(zero - y)),
             fmt::format("f{} {}", colour, step.frozen ? "paid" : "unpaid"),
             fmt::format("{}: {} {} a kWh{}\n{} to {}", step.label, step.price, line.currency,
                         step.off_peak ? ", off-peak" : "", tariff::format_local(step.start, zone),
                         tariff::format_local(step.end, zone)));
    const bool joined = std::abs(x1 - last_x) < 0.05;
    if (joined && last_price != step.price)
      steps += fmt::format("V{}H{}", coordinate(y), coordinate(x2));
    else if (joined)
      steps += fmt::format("H{}", coordinate(x2));
    else
      steps += fmt::format("M{} {}H{}", coordinate(x1), coordinate(y), coordinate(x2));
    last_x = x2;
    last_price = step.price;
  }
  svg.path(steps, "priceline");
  svg.text(plot.left - 6, plot.bottom + 6 + lane_height / 2 + 2, "jobs", "tick", "end");
  draw_bars(svg, plot, line, zone, lane_of, plot.bottom + 6);
  Plot below = plot;
  below.bottom += lanes_height + 6;
  draw_time_axis(svg, below, zone);
  return svg.finish();
}

}  // namespace turbodiff::report
