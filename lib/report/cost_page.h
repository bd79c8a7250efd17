// A result as headings, tables and charts, for a terminal or as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <vector>

namespace turbodiff::report {

struct PageColumn {
  std::string header;
  bool number = false;   ///< to the right
  bool shrinks = false;  ///< may be cut where a terminal is narrow
};

struct PageTable {
  std::vector<PageColumn> columns;
  std::vector<std::vector<std::string>> rows;
};

struct PageBlock {
  std::string heading;             ///< may be empty
  std::vector<std::string> lines;  ///< sentences
  PageTable table;                 ///< may be empty
  std::string figure;              ///< of svg_chart.h; not on a terminal
};

struct Page {
  std::string title;
  std::string subtitle;
  std::vector<PageBlock> blocks;
  std::vector<std::string> notes;  ///< at the end
};

/// Plain text, wrapped to `columns`; every line ends with a newline.
std::string text_of(const Page& page, int columns);

/// A whole HTML document: no script, nothing fetched; light and dark, phones, paper.
std::string html_of(const Page& page);

}  // namespace turbodiff::report
