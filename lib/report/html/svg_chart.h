// Charts as inline SVG: stacked bars and lines. Colours are classes (s0, s1, ...) that the page's style
// defines.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace turbodiff::report {

struct Bar {
  std::string label;
  std::string total;           ///< drawn behind the label
  std::vector<double> values;  ///< one per series, at least 0
};

/// Horizontal bars, each with its label above it.
struct BarChart {
  std::string title;  ///< for screen readers
  std::vector<std::string> series;
  std::vector<Bar> bars;
};

struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< in order of x
};

struct Mark {
  double x = 0, y = 0;
  std::string label;
};

struct LineChart {
  std::string title;
  std::string x_label, y_label;
  std::vector<Line> lines;
  std::vector<Mark> marks;
};

/// A <figure> with legend and SVG; empty without data.
std::string draw(const BarChart& chart);
std::string draw(const LineChart& chart);

}  // namespace turbodiff::report
