#include "core/text/escape_lines.h"

#include "testing.h"

using turbodiff::core::escape_lines;

TEST_CASE("text of many lines keeps them and its tabs, and steers no terminal") {
  CHECK(escape_lines("a\tb\nc\x1b]0;title\x07\r\n\n") == "a\tb\nc\\x1b]0;title\\x07\\r\n\n");
  CHECK(escape_lines("caf\xe9 \xe2\x80\xae") == "caf\\xe9 \\u202e");
  CHECK(escape_lines("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(escape_lines("").empty());
}
