// Bar charts with one band a period: cost, savings, utilisation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html/charts.h"
#include "report/row_texts.h"

namespace turbodiff::report {
namespace {

constexpr double widest_bar = 56;

/// What stands below a band: the time of day, with the date at the first and at midnight; the day; the month.
std::string short_label(const Bucket& bucket, bool first) {
  const std::string& label = bucket.period.label;
  if (label.size() < 10) return label;
  if (label.size() == 10) return label.substr(5);
  const std::string clock = label.substr(11, 5);
  return first || clock == "00:00" ? label.substr(5, 5) + " " + clock : clock;
}

double units(std::int64_t micro) {
  return static_cast<double>(micro) / 1e6;
}

struct Band {
  double x, width;
};

/// The bar in the middle of a bucket's band; `part` of `parts` side by side.
Band bar_in(const BucketAxis& axis, std::size_t bucket, int part = 0, int parts = 1) {
  const double width = std::min(widest_bar * parts, axis.band() * 0.72);
  const double left = axis.x(bucket) + (axis.band() - width) / 2;
  return {left + width * part / parts, width / parts};
}

/// Bars of millions of nothing are of no use: the sum of a bucket, drawn up and down from zero.
struct Stack {
  double up = 0, down = 0;
  void add(double value) { (value < 0 ? down : up) += value; }
};

}  // namespace

Plot plot_in(const Frame& frame) {
  return {frame.narrow ? 44.0 : 56.0, 26, frame.width - 8, frame.height - 26};
}

void draw_bucket_axis(Svg& svg, const Plot& plot, const BucketAxis& axis,
                      const std::vector<Bucket>& buckets) {
  svg.line(plot.left, plot.y(0), plot.right, plot.y(0), "axis");
  double free_from = -1e9;
  bool first = true;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const std::string label = short_label(buckets[i], first);
    const double half = 3.4 * static_cast<double>(label.size()), middle = axis.x(i) + axis.band() / 2;
    if (middle - half < free_from || middle + half > plot.right + 8) continue;
    const double x = std::max(middle, half + 1);
    svg.text(x, plot.bottom + 17, label, "tick", "middle");
    free_from = x + half + 12;
    first = false;
  }
}

std::string draw_costs(const Frame& frame, const CurrencyCharts& charts) {
  Plot plot = plot_in(frame);
  double low = 0, high = 0;
  std::int64_t total = 0;
  for (const Bucket& bucket : charts.buckets) {
    Stack stack;
    for (const std::int64_t gross : bucket.gross) stack.add(units(gross)), total += gross;
    stack.add(units(bucket.idle_gross));
    total += bucket.idle_gross;
    low = std::min(low, stack.down);
    high = std::max(high, stack.up);
  }
  Svg svg(frame, "Cost by rate",
          fmt::format("{} periods from {} to {}, {} {} together.", charts.buckets.size(),
                      charts.buckets.front().period.label, charts.buckets.back().period.label,
                      money_text(total), charts.currency));
  draw_y_axis(svg, plot, ticks_for(low, high, 4), charts.currency);
  const BucketAxis axis{plot.left, plot.right - plot.left, charts.buckets.size()};
  for (std::size_t i = 0; i < charts.buckets.size(); ++i) {
    const Bucket& bucket = charts.buckets[i];
    const Band band = bar_in(axis, i);
    Stack stack;
    const auto draw = [&](std::int64_t micro, const std::string& classes, std::string_view label) {
      if (micro == 0) return;
      const double value = units(micro), base = value < 0 ? stack.down : stack.up;
      const double y1 = plot.y(base + value), y2 = plot.y(base);
      svg.rect(band.x, std::min(y1, y2), band.width, std::abs(y2 - y1), classes,
               fmt::format("{}\n{}: {} {}", bucket.period.label, label, money_text(micro), charts.currency));
      stack.add(value);
    };
    for (std::size_t k = 0; k < charts.rates.size(); ++k)
      draw(bucket.gross[k], fmt::format("f{} seam", charts.rates[k].colour), charts.rates[k].label);
    draw(bucket.idle_gross, "fidle seam", "idle");
  }
  draw_bucket_axis(svg, plot, axis, charts.buckets);
  return svg.finish();
}

std::string draw_savings(const Frame& frame, const CurrencyCharts& charts) {
  double low = 0, high = 0;
  std::int64_t saved = 0;
  bool any = false;
  for (const Bucket& bucket : charts.buckets) {
    any = any || bucket.jobs.has_asap;
    saved += bucket.jobs.saving();
    for (const std::int64_t micro : {bucket.jobs.compared_gross, bucket.jobs.asap_gross})
      low = std::min(low, units(micro)), high = std::max(high, units(micro));
  }
  if (!any) return {};
  Plot plot = plot_in(frame);
  Svg svg(frame, "Cost at once and cost as run",
          fmt::format("Waiting for cheaper hours saved {} {}.", money_text(saved), charts.currency));
  draw_y_axis(svg, plot, ticks_for(low, high, 4), charts.currency);
  const BucketAxis axis{plot.left, plot.right - plot.left, charts.buckets.size()};
  for (std::size_t i = 0; i < charts.buckets.size(); ++i) {
    const Sums& jobs = charts.buckets[i].jobs;
    if (!jobs.has_asap) continue;
    const auto bar = [&](int part, std::int64_t micro, std::string_view classes, std::string_view label) {
      const Band band = bar_in(axis, i, part, 2);
      const double y = plot.y(units(micro)), zero = plot.y(0);
      svg.rect(band.x, std::min(y, zero), band.width, std::abs(zero - y), classes,
               fmt::format("{}\n{}: {} {}\nsaved: {}", charts.buckets[i].period.label, label,
                           money_text(micro), charts.currency, money_text(jobs.saving())));
    };
    bar(0, jobs.asap_gross, "once", "at once");
    bar(1, jobs.compared_gross, "f0 seam", "as run");
  }
  draw_bucket_axis(svg, plot, axis, charts.buckets);
  return svg.finish();
}

std::string draw_utilisation(const Frame& frame, const CurrencyCharts& charts) {
  Plot plot = plot_in(frame);
  Sums all;
  for (const Bucket& bucket : charts.buckets) all.add(bucket.jobs);
  const auto used = utilisation_of(all);
  Svg svg(frame, "Utilisation",
          used ? fmt::format("{} of the device was used while jobs ran.", percent_text(*used))
               : "The utilisation of the device is not known; the bars show when jobs ran.");
  draw_y_axis(svg, plot, ticks_for(0, 100, 5), "%");
  const BucketAxis axis{plot.left, plot.right - plot.left, charts.buckets.size()};
  for (std::size_t i = 0; i < charts.buckets.size(); ++i) {
    const Bucket& bucket = charts.buckets[i];
    const double busy = static_cast<double>(bucket.jobs.time) / 1e4 /
                        static_cast<double>(std::max<Seconds>(1, bucket.period.end - bucket.period.start));
    const Band band = bar_in(axis, i);
    const double y = plot.y(std::min(100.0, busy));
    svg.rect(band.x, y, band.width, plot.y(0) - y, "busy",
             fmt::format("{}\njobs ran {:.1f} % of the time", bucket.period.label, busy));
  }
  svg.line(plot.left, plot.y(low_utilisation * 100), plot.right, plot.y(low_utilisation * 100), "guide");
  const auto trend = [&](MeanPermille Sums::*mean, std::string_view name, std::string_view line_class,
                         std::string_view dot_class) {
    std::string data;
    for (std::size_t i = 0; i < charts.buckets.size(); ++i) {
      const auto fraction = (charts.buckets[i].jobs.*mean).fraction();
      if (!fraction) continue;
      const double x = axis.x(i) + axis.band() / 2, y = plot.y(*fraction * 100);
      data += fmt::format("{}{} {}", data.empty() ? "M" : "L", coordinate(x), coordinate(y));
    }
    svg.path(data, line_class);
    for (std::size_t i = 0; i < charts.buckets.size(); ++i)
      if (const auto fraction = (charts.buckets[i].jobs.*mean).fraction())
        svg.circle(axis.x(i) + axis.band() / 2, plot.y(*fraction * 100), axis.band() < 8 ? 2 : 3.5, dot_class,
                   fmt::format("{}\n{}: {}", charts.buckets[i].period.label, name, percent_text(*fraction)));
  };
  trend(&Sums::cpu, "CPU", "trend tcpu", "dot dcpu");
  trend(&Sums::gpu, "GPU", "trend tgpu", "dot dgpu");
  draw_bucket_axis(svg, plot, axis, charts.buckets);
  return svg.finish();
}

}  // namespace turbodiff::report
