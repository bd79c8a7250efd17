// Tables as plain text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace turbodiff::core {

/// Columns two blanks apart under a header line. Widths follow the content; when the table is wider than the
/// available space, the widest shrinkable columns are cut with "…" first.
class TextTable {
 public:
  enum class Align { left, right };

  TextTable& add_column(std::string header, Align align = Align::left, bool may_shrink = false);
  /// Error work_failed unless there is one cell per column. Control characters are escaped.
  TextTable& add_row(std::vector<std::string> cells);
  std::size_t row_count() const { return rows_.size(); }

  /// Every line ends with a newline and has no trailing blanks. `columns` 0 is unlimited. No column shrinks
  /// below its header or 8 columns, so a table of many columns can still be wider than asked for.
  std::string render(int columns = 80) const;

 private:
  struct Column {
    std::string header;
    Align align;
    bool may_shrink;
  };
  std::vector<std::size_t> fitted_widths(std::size_t columns) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace turbodiff::core
