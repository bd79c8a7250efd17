#include "core/text/text_table.h"

#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "testing.h"

using namespace turbodiff;
using core::TextTable;

TEST_CASE("columns are as wide as their content") {
  TextTable table;
  table.add_column("ID", TextTable::Align::right).add_column("PROMPT").add_column("STATE");
  table.add_row({"7", "a red cat", "done"}).add_row({"12", "猫", "running"});
  CHECK(table.row_count() == 2);
  CHECK(table.render() ==
        "ID  PROMPT     STATE\n"
        " 7  a red cat  done\n"
        "12  猫         running\n");
}

TEST_CASE("a table is fitted to 80 columns by its shrinkable columns") {
  TextTable table;
  table.add_column("ID")
      .add_column("PROMPT", TextTable::Align::left, true)
      .add_column("FILE", TextTable::Align::left, true);
  table.add_row({"1", std::string(200, 'p'), "/a/short/path.mp4"});
  table.add_row({"2", "猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫猫", "x"});
  const std::string text = table.render(80);
  for (const auto line : core::split(core::trim(text), '\n')) {
    CHECK(core::display_width(line) <= 80);
    if (line.starts_with("1")) CHECK(line.ends_with("/a/short/path.mp4"));
  }
  CHECK(text.find("…") != std::string::npos);
  CHECK(table.render(0).find(std::string(200, 'p')) != std::string::npos);
}

TEST_CASE("columns that must not shrink stay whole") {
  TextTable table;
  table.add_column("A").add_column("B");
  table.add_row({std::string(60, 'a'), std::string(60, 'b')});
  CHECK(table.render(80) ==
        "A" + std::string(61, ' ') + "B\n" + std::string(60, 'a') + "  " + std::string(60, 'b') + "\n");
}

TEST_CASE("cells are one line and every column has one") {
  TextTable table;
  table.add_column("A");
  table.add_row({"x\n\x1b[31my"});
  CHECK(table.render() == "A\nx\\n\\x1b[31my\n");
  CHECK(testing::error_of([&] { table.add_row({"a", "b"}); }).code() == ErrorCode::work_failed);
}
