#include "core/text/json_nesting.h"

#include <string>

#include "testing.h"

using turbodiff::core::json_nesting;

TEST_CASE("the depth of a JSON text counts brackets outside of its texts") {
  CHECK(json_nesting("") == 0);
  CHECK(json_nesting("3") == 0);
  CHECK(json_nesting(R"([{"a": [1, 2]}, [], {}])") == 3);
  CHECK(json_nesting(R"(["[[[[", "\"[[[", "\\"])") == 1);
  CHECK(json_nesting("]]][") == 1);
  CHECK(json_nesting(R"("open [[[)") == 0);
  CHECK(json_nesting(std::string(1'000'000, '[')) == 1'000'000);
}
