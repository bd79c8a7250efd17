#include "core/text/text_width.h"

#include "testing.h"

using namespace turbodiff::core;

TEST_CASE("code points are read, and invalid bytes one by one") {
  std::string_view text = "a\xC3\xA9\xE7\x8C\xAB\xF0\x9F\x98\x80";
  CHECK(next_code_point(text) == U'a');
  CHECK(next_code_point(text) == 0xE9);
  CHECK(next_code_point(text) == 0x732B);
  CHECK(next_code_point(text) == 0x1F600);
  CHECK(text.empty());
  // overlong, surrogate, beyond U+10FFFF, lone continuation, cut short
  for (const std::string_view invalid :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE7\x8C", "\xFF"}) {
    std::string_view rest = invalid;
    CHECK(next_code_point(rest) == 0xFFFD);
    CHECK(rest.size() == invalid.size() - 1);
  }
}

TEST_CASE("columns follow East Asian width") {
  CHECK(display_width("cat") == 3);
  CHECK(display_width("naïve") == 5);
  CHECK(display_width("猫と犬") == 6);
  CHECK(display_width("한국어") == 6);
  CHECK(display_width("😀🚀") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("\u200b") == 0);
  CHECK(display_width("…—Ω") == 3);
  CHECK(display_width("\U00020000") == 2);
  CHECK(display_width("ｆｕｌｌ") == 8);
  CHECK(display_width("ﾊﾝ") == 2);
  CHECK(display_width("") == 0);
}

TEST_CASE("text is cut to columns without splitting a character") {
  CHECK(truncate_to_width("hello", 5) == "hello");
  CHECK(truncate_to_width("hello", 4) == "hel…");
  CHECK(truncate_to_width("猫と犬", 6) == "猫と犬");
  CHECK(truncate_to_width("猫と犬", 5) == "猫と…");
  CHECK(truncate_to_width("猫と犬", 4) == "猫…");
  CHECK(truncate_to_width("hello", 1) == "…");
  CHECK(truncate_to_width("hello", 0).empty());
  CHECK(pad_to_width("猫", 4) == "猫  ");
  CHECK(pad_to_width("hello", 3) == "hello");
}

TEST_CASE("nothing that steers a terminal passes") {
  CHECK(escape_control("plain ä 猫 😀") == "plain ä 猫 😀");
  CHECK(escape_control("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(escape_control("\x1b[2J") == "\\x1b[2J");
  CHECK(escape_control("\x7f") == "\\x7f");
  CHECK(escape_control("\xC2\x9B") == "\\x9b");
  CHECK(escape_control("\u202Eabc\u2066\u2028") == "\\u202eabc\\u2066\\u2028");
  CHECK(escape_control(std::string_view("\0", 1)) == "\\x00");
  CHECK(escape_control("\xFFz") == "\\xffz");
}
