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
        "prompts.txt:1: JSON is nested too deeply");
  CHECK(message_of("# nothing\n") == "'prompts.txt' holds no prompt");
  CHECK(message_of("") == "'prompts.txt' holds no prompt");
}

TEST_CASE("a backslash makes a line that begins with a brace or # a prompt") {
  const auto entries = read("\\{red|blue} circle\n\\#1 in the list\n\\\\o/\n\\a\na {red|blue} circle\n");
  REQUIRE(entries.size() == 5);
  CHECK(entries[0].options.prompt == "{red|blue} circle");
  CHECK(entries[1].options.prompt == "#1 in the list");
  CHECK(entries[2].options.prompt == "\\o/");
  CHECK(entries[3].options.prompt == "\\a");
  CHECK(entries[4].options.prompt == "a {red|blue} circle");
  CHECK(testing::error_of([] { read("{red|blue} circle\n"); }).hint().find("\\{") != std::string::npos);
}

TEST_CASE("the encodings of prompts files") {
  std::vector<std::string> notes;
  const auto read_noting = [&](const std::string& bytes) {
    std::istringstream in(bytes);
    return read_prompts(in, "night.txt", [&](const std::string& line) { notes.push_back(line); });
  };
  // "一只猫", "红色的圆" in GBK
  const auto gbk =
      read_noting("\xD2\xBB\xD6\xBB\xC3\xA8\r\n# \xD7\xA2\xCA\xCD\r\n\xBA\xEC\xC9\xAB\xB5\xC4\xD4\xB2\r\n");
  REQUIRE(gbk.size() == 2);
  CHECK(gbk[0].options.prompt == "一只猫");
  CHECK(gbk[1].options.prompt == "红色的圆");
  CHECK(gbk[1].line == 3);
  CHECK(notes == std::vector<std::string>{"night.txt: read as GB18030"});
  const std::string utf16(
      "\xFF\xFE"
      "a\0\n\0b\0",
      8);
  CHECK(read_noting(utf16).size() == 2);
  // Files with byte order marks, one after the other.
  CHECK(read("\xEF\xBB\xBF"
             "a\n\xEF\xBB\xBF"
             "b\n")[1]
            .options.prompt == "b");
  CHECK(message_of("a fox\ncaf\xE9 in the snow\n") ==
        "prompts.txt:2: not UTF-8 text (byte 0xE9 at offset 9)");
  CHECK(message_of(std::string("a\nb\0c\n", 6)) == "prompts.txt:2: not text, a NUL byte is at offset 3");
}

TEST_CASE("what is no prompt is refused with its line") {
  CHECK(message_of("a\nb\x1B[31m\n") ==
        "prompts.txt:2: the prompt holds a control character (U+001B at offset 1)");
  CHECK(message_of("a\n\xEF\xBF\xBD\n") ==
        "prompts.txt:2: the prompt holds U+FFFD at offset 0, left where an earlier conversion lost a "
        "character");
  CHECK(message_of(R"({"prompt": "a\u0000b"})") ==
        "prompts.txt:1: --prompt: the value holds a NUL character");
  CHECK(message_of(R"({"prompt": "a\u0007b"})").find("control character") != std::string::npos);
  CHECK(message_of(R"({"prompt": " "})") == "prompts.txt:1: the \"prompt\" is empty");
  CHECK(message_of("\xE3\x80\x80\n") == "'prompts.txt' holds no prompt");
  CHECK(read(R"({"prompt": "a\tb\nc"})")[0].options.prompt == "a\tb\nc");
}

TEST_CASE("files that cannot be read") {
  testing::TempDir dir;
  CHECK(testing::error_of([&] { read_prompts_file((dir / "none.txt").string()); }).code() ==
        ErrorCode::bad_request);
  CHECK(testing::error_of([&] { read_prompts_file(dir.path().string()); }).message().find("it is a folder") !=
        std::string::npos);
}
