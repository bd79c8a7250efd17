// A report as text: for people, spreadsheets, programs and a monitoring system.
#pragma once

#include <string>
#include <vector>

#include "report/advice.h"
#include "report/report_model.h"

namespace turbodiff::report {

/// Columns and totals as plain text, `columns` wide where possible.
std::string table_text(const Report& report, const std::vector<Advice>& advice, int columns);

/// RFC 4180 with a header line; the header depends only on whether rows are jobs. Money has 6 decimals, and
/// energy has a column of whole microjoules beside kWh, so that sums can be checked exactly. There is no line
/// of totals: a column's sum is the total.
std::string csv_text(const Report& report);

/// One document, schemas/sched-report.schema.json.
std::string json_text(const Report& report, const std::vector<Advice>& advice);

/// Gauges in the text exposition format 0.0.4, a label for the group and one for the currency.
std::string prometheus_text(const Report& report);

}  // namespace turbodiff::report
