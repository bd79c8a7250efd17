#include "spec/prompts_file.h"

#include <sstream>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

namespace {
std::vector<PromptEntry> read(const std::string& text) {
  std::istringstream in(text);
  return read_prompts(in, "prompts.txt");
}
std::string message_of(const std::string& text) {
  return testing::error_of([&] { read(text); }).message();
}
}  // namespace

TEST_CASE("plain lines, comments, blank lines, a byte order mark and CRLF") {
  const auto entries = read("\xEF\xBB\xBF# comment\r\n\r\na red circle\r\n  a blue square  \nlast");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].options.prompt == "a red circle");
  CHECK(entries[0].line == 3);
  CHECK(entries[1].options.prompt == "a blue square");
  CHECK(entries[2].options.prompt == "last");
}

TEST_CASE("JSON lines override options and may be mixed with plain ones") {
  const auto entries =
      read("plain\n{\"prompt\": \"b\", \"seed\": 5, \"num-steps\": 2, \"output\": \"b.gif\"}\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[1].options.seed == Seed{false, 5});
  CHECK(entries[1].options.steps == 2);
  CHECK(entries[1].options.output == "b.gif");
}

TEST_CASE("errors name the line") {
  CHECK(message_of("a\n{\"prompt\": \"b\", \"sead\": 5}") ==
        "prompts.txt:2: unknown key 'sead' (did you mean 'seed'?)");
  CHECK(message_of("{\"seed\": 5}") == "prompts.txt:1: there is no \"prompt\"");
  CHECK(message_of("{\"prompt\": }") == "prompts.txt:1: not valid JSON at column 12");
  CHECK(message_of("\n\n{\"prompt\": \"a\", \"steps\": 0}") == "prompts.txt:3: --steps: 0 is out of range");
  CHECK(message_of("{\"prompt\": " + std::string(200'000, '[') + std::string(200'000, ']') + "}") ==
        "prompts.txt:1: lists and objects stand too deep in each other");
  CHECK(message_of("# nothing\n") == "'prompts.txt' holds no prompt");
  CHECK(message_of("") == "'prompts.txt' holds no prompt");
}

TEST_CASE("files that cannot be read") {
  testing::TempDir dir;
  CHECK(testing::error_of([&] { read_prompts_file((dir / "none.txt").string()); }).code() ==
        ErrorCode::bad_request);
  CHECK(testing::error_of([&] { read_prompts_file(dir.path().string()); }).message().find("it is a folder") !=
        std::string::npos);
}
