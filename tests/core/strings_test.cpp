#include "core/text/strings.h"

#include "testing.h"

using namespace turbodiff::core;

TEST_CASE("text is trimmed, split, joined and replaced") {
  CHECK(trim("  a b\t\n") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split("a,", ',') == std::vector<std::string_view>{"a", ""});
  CHECK(join(std::vector<std::string>{"a", "b"}, ", ") == "a, b");
  CHECK(join({}, ", ").empty());
  CHECK(replace_all("aXbXX", "X", "--") == "a--b----");
  CHECK(replace_all("aaa", "", "b") == "aaa");
  CHECK(to_lower("ÄbC") == "Äbc");
  CHECK(equals_ignoring_case("MP4", "mp4"));
  CHECK_FALSE(equals_ignoring_case("mp4", "mp"));
}

TEST_CASE("numbers are read whole or not at all") {
  CHECK(parse_integer("42") == 42);
  CHECK(parse_integer("-1") == -1);
  CHECK(parse_integer("+7") == 7);
  CHECK(parse_integer("9223372036854775807") == INT64_MAX);
  for (const char* text : {"", "+", "-", "+-1", "4 ", " 4", "4.0", "0x10", "9223372036854775808", "abc"})
    CHECK_MESSAGE(!parse_integer(text), text);
  CHECK(parse_number("0.28") == doctest::Approx(0.28));
  CHECK(parse_number("-1e3") == -1000);
  CHECK(parse_number("+.5") == 0.5);
  for (const char* text : {"", "nan", "inf", "-inf", "1e999", "1.5x", "1,5", "+-1", " 1"})
    CHECK_MESSAGE(!parse_number(text), text);
  CHECK(parse_boolean("Yes") == true);
  CHECK(parse_boolean("OFF") == false);
  CHECK_FALSE(parse_boolean("1"));
}

TEST_CASE("edit distance counts insertions, deletions, substitutions and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("steps", "") == 5);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("setps", "steps") == 1);
  CHECK(edit_distance("stepz", "steps") == 1);
  CHECK(edit_distance("step", "steps") == 1);
}

TEST_CASE("a slip of the finger finds its word, and nonsense none") {
  const std::vector<std::string> words = {"steps", "seed", "size", "aspect-ratio", "a"};
  CHECK(nearest("stpes", words) == "steps");
  CHECK(nearest("Seeds", words) == "seed");
  CHECK(nearest("aspectratio", words) == "aspect-ratio");
  CHECK_FALSE(nearest("zzzzzz", words));
  CHECK_FALSE(nearest("x", words));
  CHECK_FALSE(nearest(std::string(5000, 's'), words));
  CHECK(did_you_mean("stpes", words) == " (did you mean 'steps'?)");
  CHECK(did_you_mean("zzzzzz", words).empty());
  const std::vector<std::string> foreign = {"sma\x1bl"};
  CHECK(did_you_mean("small", foreign) == " (did you mean 'sma\\x1bl'?)");
}
