// The charts of a page (svg_*.cpp). Empty where there is nothing to draw.
#pragma once

#include "report/html/chart_data.h"
#include "report/html/svg.h"

namespace turbodiff::report {

/// Price as a step line over its rate's colour, and the attempts as bars below it, on one axis of time.
std::string draw_prices(const Frame& frame, const TimeLine& line, const CurrencyCharts& charts,
                        const tariff::LocalZone& zone);

/// Watts of the machine; the parts are stacked where they are known.
std::string draw_power(const Frame& frame, const TimeLine& line, const tariff::LocalZone& zone);

/// Cost per period, stacked by rate, with idle time on top.
std::string draw_costs(const Frame& frame, const CurrencyCharts& charts);

/// Cost of the jobs of each period, beside their cost if run at once.
std::string draw_savings(const Frame& frame, const CurrencyCharts& charts);

/// Mean utilisation while running and the share of the time in which jobs ran.
std::string draw_utilisation(const Frame& frame, const CurrencyCharts& charts);

/// The band of one bucket in a bar chart, and the label below it.
struct BucketAxis {
  double left = 0, width = 0;  ///< of all buckets
  std::size_t count = 1;
  double x(std::size_t bucket) const {
    return left + width * static_cast<double>(bucket) / static_cast<double>(count);
  }
  double band() const { return width / static_cast<double>(count); }
};
void draw_bucket_axis(Svg& svg, const Plot& plot, const BucketAxis& axis, const std::vector<Bucket>& buckets);

/// The plot of a bar chart in a frame.
Plot plot_in(const Frame& frame);

}  // namespace turbodiff::report
