// The table of a report's page.
#pragma once

#include <string>

#include "report/html/html.h"

namespace turbodiff::report {

/// Rows beyond PageInput::most_rows are summed up in one, so that the visible rows add up to the totals
/// below.
std::string html_table(const PageInput& input);

}  // namespace turbodiff::report
