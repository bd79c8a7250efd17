#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html/charts.h"
#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

/// Mean watts of one column of pixels.
struct Column {
  double wall = 0, gpu = 0, cpu = 0, rest = 0, whole = 0, idle = 0;
  double known = 0;  ///< share of the column in which anything is known
};

std::vector<Column> columns_of(const TimeLine& line, std::size_t count) {
  std::vector<Column> columns(count);
  const double width = static_cast<double>(line.end - line.start) / static_cast<double>(count);
  for (const PowerStep& step : line.power) {
    const double from = std::max(0.0, static_cast<double>(step.start - line.start) / width);
    const double to =
        std::min(static_cast<double>(count), static_cast<double>(step.end - line.start) / width);
    for (auto i = static_cast<std::size_t>(from); i < count && static_cast<double>(i) < to; ++i) {
      const double part = std::min(to, static_cast<double>(i) + 1) - std::max(from, static_cast<double>(i));
      if (part <= 0) continue;
      Column& column = columns[i];
      column.known += part;
      column.wall += part * step.wall;
      if (step.idle)
        column.idle += part * step.wall;
      else if (!step.has_parts)
        column.whole += part * step.wall;
      else
        column.gpu += part * step.gpu, column.cpu += part * step.cpu, column.rest += part * step.rest;
    }
  }
  return columns;
}

/// One closed area for each stretch of columns in which the band has a height.
std::string area(const Plot& plot, const std::vector<Column>& columns, double Column::*const* below,
                 std::size_t below_count, double Column::*band) {
  std::string data, back;
  const auto base = [&](const Column& column) {
    double sum = 0;
    for (std::size_t i = 0; i < below_count; ++i) sum += column.*below[i];
    return sum;
  };
  for (std::size_t i = 0; i < columns.size();) {
    if (columns[i].*band <= 0) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < columns.size() && columns[end].*band > 0) ++end;
    data += fmt::format("M{} {}", coordinate(plot.x(static_cast<double>(i))),
                        coordinate(plot.y(base(columns[i]))));
    double last = -1;
    const auto step = [&](std::size_t at, std::size_t edge, double value) {
      if (value == last)
        return data += fmt::format("H{}", coordinate(plot.x(static_cast<double>(edge)))), void();
      data += fmt::format("V{}H{}", coordinate(plot.y(value)), coordinate(plot.x(static_cast<double>(edge))));
      last = value;
      (void)at;
    };
    for (std::size_t k = i; k < end; ++k) step(k, k + 1, base(columns[k]) + columns[k].*band);
    last = -1;
    for (std::size_t k = end; k-- > i;) step(k, k, base(columns[k]));
    data += "Z";
    i = end;
  }
  return data;
}

}  // namespace

std::string draw_power(const Frame& frame, const TimeLine& line, const tariff::LocalZone& zone) {
  if (line.power.empty()) return {};
  Plot plot = plot_in(frame);
  const auto count = static_cast<std::size_t>(std::max(10.0, plot.right - plot.left));
  const std::vector<Column> columns = columns_of(line, count);
  double high = 0, sum = 0, known = 0;
  for (const Column& column : columns) {
    high = std::max({high, column.wall, column.gpu + column.cpu + column.rest + column.whole + column.idle});
    sum += column.wall;
    known += column.known;
  }
  Svg svg(frame, "Power of the machine",
          fmt::format(
              "Between {} and {} it drew {:.0f} watts on average while it was watched, and {:.0f} at most.",
              tariff::format_local(line.start / 1'000'000, zone),
              tariff::format_local(line.end / 1'000'000, zone), known > 0 ? sum / known : 0, high));
  plot.x_low = 0;
  plot.x_high = static_cast<double>(count);
  draw_y_axis(svg, plot, ticks_for(0, high, 4), "W");
  double Column::*const order[] = {&Column::idle, &Column::whole, &Column::rest, &Column::cpu, &Column::gpu};
  constexpr std::string_view classes[] = {"fidle", "fwhole", "frest", "fcpu", "fgpu"};
  for (std::size_t i = 0; i < std::size(order); ++i)
    svg.path(area(plot, columns, order, i, order[i]), classes[i]);
  std::string wall;
  double last = -1;
  for (std::size_t i = 0; i < count; ++i) {
    if (columns[i].known <= 0) {
      last = -1;
      continue;
    }
    const std::string y = coordinate(plot.y(columns[i].wall));
    if (last < 0)
      wall += fmt::format("M{} {}", coordinate(plot.x(static_cast<double>(i))), y);
    else if (last != columns[i].wall)
      wall += "V" + y;
    wall += "H" + coordinate(plot.x(static_cast<double>(i) + 1));
    last = columns[i].wall;
  }
  svg.path(wall, "wallline");
  plot.x_low = static_cast<double>(line.start);
  plot.x_high = static_cast<double>(line.end);
  draw_time_axis(svg, plot, zone);
  return svg.finish();
}

}  // namespace turbodiff::report
