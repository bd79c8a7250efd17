#include "report/html/cost_page.h"

#include "report/html/escape.h"

#include "report/html/svg_chart.h"
#include "testing.h"

using namespace turbodiff;
using report::draw;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

report::Page page() {
  report::Page page;
  page.title = "A <title>";
  page.blocks.push_back({"Heading", {"one two three"}, {{{"NAME"}, {"COST", true}}, {{"a&b", "1.50"}}}, ""});
  page.notes = {"note"};
  return page;
}

}  // namespace

TEST_CASE("a page as text") {
  CHECK(report::text_of(page(), 80) ==
        "A <title>\n\nHeading\none two three\nNAME  COST\na&b   1.50\n\nnote\n");
  report::Page narrow = page();
  narrow.title = std::string(30, 'x') + " " + std::string(30, 'y');
  CHECK(report::text_of(narrow, 40).starts_with(std::string(30, 'x') + "\n" + std::string(30, 'y') + "\n"));
}

TEST_CASE("a page as HTML: escaped, with light, dark, phone and print") {
  const std::string html = report::html_of(page());
  CHECK(html.find("<h1>A &lt;title&gt;</h1>") != std::string::npos);
  CHECK(html.find("<td>a&amp;b</td><td class=\"number\">1.50</td>") != std::string::npos);
  for (const char* part :
       {"prefers-color-scheme:dark", "width=device-width", "@media print", "color-scheme:light dark"})
    CHECK_MESSAGE(html.find(part) != std::string::npos, part);
  CHECK(report::html_escape("\"<&>") == "&quot;&lt;&amp;&gt;");
}

TEST_CASE("bars are as long as their share of the longest") {
  const std::string svg =
      draw(report::BarChart{"t", {"a", "b"}, {{"one", "3", {1, 2}}, {"two", "1.5", {1.5, 0}}}});
  CHECK(svg.find("width=\"140.00\"") != std::string::npos);  // 1 of 3 of 420
  CHECK(svg.find("width=\"280.00\"") != std::string::npos);
  CHECK(svg.find("width=\"210.00\"") != std::string::npos);
  CHECK(count(svg, "class=\"fill") == 3 + 2);  // and the legend
  CHECK(draw(report::BarChart{}).empty());
  CHECK(draw(report::BarChart{"t", {"a"}, {{"x", "0", {0}}}}).find("nan") == std::string::npos);
}

TEST_CASE("lines span the plot, and marks stand on them") {
  const report::LineChart chart{"t",
                                "months",
                                "CNY",
                                {{"own", {{0, 100}, {10, 100}}}, {"rent", {{0, 0}, {10, 200}}}},
                                {{5, 100, "even <5>"}}};
  const std::string svg = draw(chart);
  CHECK(svg.find("points=\"56.00,121.00 408.00,121.00 \"") != std::string::npos);
  CHECK(svg.find("points=\"56.00,216.00 408.00,26.00 \"") != std::string::npos);
  CHECK(svg.find("cx=\"232.00\" cy=\"121.00\"") != std::string::npos);
  CHECK(svg.find("even &lt;5&gt;") != std::string::npos);
  CHECK(draw(report::LineChart{}).empty());
  CHECK(draw(report::LineChart{"t", "x", "y", {{"flat", {{0, 0}}}}, {}}).find("nan") == std::string::npos);
}
