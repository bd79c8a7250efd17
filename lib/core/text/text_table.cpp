#include "core/text/text_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/text/text_width.h"

namespace turbodiff::core {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_columns = 8;

void append_cell(std::string& line, const std::string& cell, std::size_t width, TextTable::Align align) {
  const std::string text = truncate_to_width(cell, width);
  if (align == TextTable::Align::right) line.append(width - std::min(width, display_width(text)), ' ');
  line += text;
  if (align == TextTable::Align::left) line.append(width - std::min(width, display_width(text)), ' ');
}

}  // namespace

TextTable& TextTable::add_column(std::string header, Align align, bool may_shrink) {
  columns_.push_back({std::move(header), align, may_shrink});
  return *this;
}

TextTable& TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) throw Error::work_failed("a table row has the wrong number of cells");
  for (std::string& cell : cells) cell = escape_control(cell);
  rows_.push_back(std::move(cells));
  return *this;
}

std::vector<std::size_t> TextTable::fitted_widths(std::size_t columns) const {
  std::vector<std::size_t> widths, least;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const std::size_t header = display_width(columns_[c].header);
    std::size_t width = header;
    for (const auto& row : rows_) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
    least.push_back(columns_[c].may_shrink ? std::min(width, std::max(header, least_columns)) : width);
  }
  if (columns == 0 || widths.empty()) return widths;
  const std::size_t gaps = gap * (widths.size() - 1);
  std::size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
  while (total > columns) {
    std::size_t widest = widths.size();
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (widths[c] > least[c] && (widest == widths.size() || widths[c] > widths[widest])) widest = c;
    if (widest == widths.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string TextTable::render(int columns) const {
  const std::vector<std::size_t> widths = fitted_widths(static_cast<std::size_t>(std::max(columns, 0)));
  std::string result;
  const auto append_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) line.append(gap, ' ');
      append_cell(line, cell_of(c), widths[c], columns_[c].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + "\n";
  };
  append_line([&](std::size_t c) { return columns_[c].header; });
  for (const auto& row : rows_) append_line([&](std::size_t c) { return row[c]; });
  return result;
}

}  // namespace turbodiff::core
