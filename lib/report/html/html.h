// A report as one HTML page: no external resources, charts as inline SVG; for light and dark mode, narrow
// screens and paper.
#pragma once

#include <string>
#include <vector>

#include "report/advice.h"
#include "report/report_model.h"
#include "tariff/price_curve.h"

namespace turbodiff::report {

struct PageInput {
  const Report& report;
  const Records& records;
  const std::vector<Advice>& advice;
  std::string program;  ///< "turbodiff-sched 0.1.0"
  Seconds made_at = 0;
  tariff::PriceCurve curve;  ///< prices between jobs; may be empty
  std::string curve_currency = {};
  std::size_t most_rows = 1000;  ///< of the table; further rows are summed up in one row
};

/// The page as UTF-8. Prompts and other external texts are escaped, and a content security policy allows only
/// the page's own style and script.
std::string html_page(const PageInput& input);

}  // namespace turbodiff::report
