#include "report/html/cost_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/strings.h"
#include "core/text/text_table.h"
#include "core/text/text_width.h"
#include "report/html/escape.h"
#include "report/html/svg_chart.h"

namespace turbodiff::report {
namespace {

constexpr const char* cost_style = R"(
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#d8dee4;--track:#eef1f4;
--c0:#0b62b8;--c1:#2aa5a0;--c2:#8b6fc9;--c3:#c8540a}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--ink:#e6e9ec;--soft:#a3acb6;--rule:#343b43;--track:#22272d;
--c0:#5ba7f5;--c1:#4fd0c7;--c2:#b8a1f0;--c3:#ff9a52}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:56rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
.subtitle,.notes{color:var(--soft)}
.subtitle{margin:.25rem 0 0}
p{margin:.5rem 0;overflow-wrap:anywhere}
.table{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;font-size:.85rem;vertical-align:bottom}
.number{text-align:right}
td.number,td:first-child{white-space:nowrap}
td.long{overflow-wrap:anywhere;min-width:14rem}
figure{margin:1rem 0;max-width:34rem}
figure svg[role]{display:block;width:100%;height:auto;overflow:visible}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0 0 .5rem;padding:0;font-size:.9rem}
.legend svg{margin-right:.5rem;vertical-align:-1px}
svg text{fill:var(--ink);font-size:12px}
svg .axis{fill:var(--soft);font-size:11px}
svg .label{font-weight:600;stroke:var(--ground);stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
.grid{stroke:var(--rule);stroke-width:1}
.track{fill:var(--track)}
.fill.s0{fill:var(--c0)}.fill.s1{fill:var(--c1)}.fill.s2{fill:var(--c2)}.fill.s3{fill:var(--c3)}
.line{fill:none;stroke-width:2.5}
.line.s0{stroke:var(--c0)}.line.s1{stroke:var(--c3);stroke-dasharray:7 4}.line.s2{stroke:var(--c1);stroke-width:7;opacity:.5}
.mark{fill:var(--ground);stroke:var(--ink);stroke-width:2}
.notes{font-size:.9rem;border-top:1px solid var(--rule);margin-top:2rem;padding-top:.5rem}
@media (max-width:30rem){svg text{font-size:15px}svg .axis{font-size:14px}th,td{padding-right:.5rem}}
@media print{:root{color-scheme:light;--ground:#fff;--ink:#000;--soft:#444;--rule:#bbb;--track:#eee;
--c0:#0b62b8;--c1:#2aa5a0;--c2:#8b6fc9;--c3:#c8540a}
body{max-width:none;padding:0;font-size:11pt}figure,.table{break-inside:avoid}.table{overflow:visible}
.fill,.track{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string lines;
  std::size_t used = 0;
  for (const std::string_view word : core::split(text, ' ')) {
    const std::size_t width = core::display_width(word);
    if (used > 0 && used + 1 + width > columns) {
      lines += '\n';
      used = 0;
    } else if (used > 0) {
      lines += ' ';
      ++used;
    }
    lines += word;
    used += width;
  }
  return lines + "\n";
}

std::string table_text(const PageTable& table, int columns) {
  core::TextTable text;
  for (const PageColumn& column : table.columns)
    text.add_column(column.header,
                    column.number ? core::TextTable::Align::right : core::TextTable::Align::left,
                    column.shrinks);
  for (const auto& row : table.rows) text.add_row(row);
  return text.render(columns);
}

std::string table_html(const PageTable& table) {
  const auto class_of = [&](std::size_t column) {
    return table.columns[column].number    ? " class=\"number\""
           : table.columns[column].shrinks ? " class=\"long\""
                                           : "";
  };
  std::string html = "<div class=\"table\"><table><thead><tr>";
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    html += fmt::format("<th scope=\"col\"{}>{}</th>", class_of(c), html_escape(table.columns[c].header));
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      html += fmt::format("<td{}>{}</td>", class_of(c), html_escape(core::escape_control(row[c])));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string text_of(const Page& page, int columns) {
  constexpr int usual_columns = 80;
  const auto room = static_cast<std::size_t>(columns == 0 ? usual_columns : std::max(columns, 40));
  std::string text = wrapped(page.title, room);
  if (!page.subtitle.empty()) text += wrapped(page.subtitle, room);
  for (const PageBlock& block : page.blocks) {
    text += "\n";
    if (!block.heading.empty()) text += wrapped(block.heading, room);
    for (const std::string& line : block.lines) text += wrapped(line, room);
    if (!block.table.columns.empty()) text += table_text(block.table, columns);
  }
  if (!page.notes.empty()) text += "\n";
  for (const std::string& note : page.notes) text += wrapped(note, room);
  return text;
}

std::string html_of(const Page& page) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style></head>\n<body>\n<h1>{}</h1>\n",
      html_escape(page.title), cost_style, html_escape(page.title));
  if (!page.subtitle.empty())
    html += fmt::format("<p class=\"subtitle\">{}</p>\n", html_escape(page.subtitle));
  for (const PageBlock& block : page.blocks) {
    html += "<section>\n";
    if (!block.heading.empty()) html += fmt::format("<h2>{}</h2>\n", html_escape(block.heading));
    for (const std::string& line : block.lines) html += fmt::format("<p>{}</p>\n", html_escape(line));
    html += block.figure;
    if (!block.table.columns.empty()) html += table_html(block.table);
    html += "</section>\n";
  }
  if (!page.notes.empty()) {
    html += "<div class=\"notes\">\n";
    for (const std::string& note : page.notes) html += fmt::format("<p>{}</p>\n", html_escape(note));
    html += "</div>\n";
  }
  return html + "</body></html>\n";
}

}  // namespace turbodiff::report
