// A result as headings, tables and charts, for a terminal or as a self-contained HTML file.
#pragma once

#include <string>
#include <vector>

namespace turbodiff::report {

struct PageColumn {
  std::string header;
  bool number = false;   ///< aligned to the right
  bool shrinks = false;  ///< may be truncated on a narrow terminal
};

struct PageTable {
  std::vector<PageColumn> columns;
  std::vector<std::vector<std::string>> rows;
};

struct PageBlock {
  std::string heading;             ///< may be empty
  std::vector<std::string> lines;  ///< sentences
  PageTable table;                 ///< may be empty
  std::string figure;              ///< HTML of svg_chart.h; not shown on a terminal
};

struct Page {
  std::string title;
  std::string subtitle;
  std::vector<PageBlock> blocks;
  std::vector<std::string> notes;  ///< at the end
};

/// Plain text, wrapped to `columns`; every line ends with a newline.
std::string text_of(const Page& page, int columns);

/// A complete HTML document without scripts and external resources; for light and dark mode, phones and
/// paper.
std::string html_of(const Page& page);

}  // namespace turbodiff::report
