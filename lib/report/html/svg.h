// Writes inline SVG. Colours are classes of the page's style sheet, so that one drawing suits light mode,
// dark mode and print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/records.h"
#include "tariff/local_zone.h"

namespace turbodiff::report {

/// The frame of a drawing: units are CSS pixels at its natural size. Each chart is drawn twice, for wide and
/// for narrow screens, because scaled-down text is illegible.
struct Frame {
  double width = 0, height = 0;
  bool narrow = false;
  std::string id;  ///< unique within the page
};

class Svg {
 public:
  /// `title` and `description` are for screen readers.
  Svg(const Frame& frame, std::string_view title, std::string_view description);
  const Frame& frame() const { return frame_; }

  /// `tip` is the tooltip.
  void rect(double x, double y, double width, double height, std::string_view classes,
            std::string_view tip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes, std::string_view tip = {});
  void path(const std::string& data, std::string_view classes);
  /// `anchor` is start, middle or end.
  void text(double x, double y, std::string_view text, std::string_view classes,
            std::string_view anchor = "start");
  std::string finish();

 private:
  void close(std::string_view element, std::string_view tip);
  Frame frame_;
  std::string out_;
};

/// "12.3": one decimal at most.
std::string coordinate(double value);

/// Numbers at 1, 2 or 5 times a power of ten that cover [low, high], about `count` of them.
struct Ticks {
  double low = 0, high = 0, step = 1;
  std::vector<double> values;
  std::string label(double value) const;
};
Ticks ticks_for(double low, double high, int count);

/// The rectangle of a chart within its axes; y grows upwards.
struct Plot {
  double left, top, right, bottom;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  double x(double value) const { return left + (value - x_low) / (x_high - x_low) * (right - left); }
  double y(double value) const { return bottom - (value - y_low) / (y_high - y_low) * (bottom - top); }
};

/// Draws grid lines, numbers at the left and the unit above.
void draw_y_axis(Svg& svg, Plot& plot, const Ticks& ticks, std::string_view unit);

/// Draws times on the wall clock below a plot whose x is microseconds UTC.
void draw_time_axis(Svg& svg, const Plot& plot, const tariff::LocalZone& zone);

}  // namespace turbodiff::report
