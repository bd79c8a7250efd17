#include "text/ftfy/fix_text.h"

#include <nlohmann/json.hpp>

#include <sstream>

#include "testing.h"
#include "text/clean_prompt.h"
#include "text/utf8.h"

using turbodiff::testing::read_file;
using turbodiff::text::clean_prompt;
using turbodiff::text::decode_utf8;
using turbodiff::text::encode_utf8;
using turbodiff::text::fix_text;
using namespace std::string_literals;

namespace {

const std::string data_dir = TURBODIFF_SOURCE_DIR "/tests/text/data/";

/// A text of the corpus: a string, or a list of code points where JSON strings cannot hold it.
std::u32string stored_text(const nlohmann::json& stored) {
  if (stored.is_string()) return decode_utf8(stored.get<std::string>());
  std::u32string text;
  for (const auto& code_point : stored) text += static_cast<char32_t>(code_point.get<std::uint32_t>());
  return text;
}

}  // namespace

// The pairs were written by tools/ftfy/compare.py --corpus with --count 500 --seed 7.
TEST_CASE("generated broken texts come out as ftfy leaves them") {
  std::istringstream lines(read_file(data_dir + "fix_text_pairs.jsonl"));
  int count = 0;
  int changed = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto pair = nlohmann::json::parse(line);
    const std::u32string text = stored_text(pair["text"]);
    const std::string utf8 = encode_utf8(text);
    CAPTURE(line);
    CHECK(encode_utf8(fix_text(text)) == pair["fixed"].get<std::string>());
    CHECK(fix_text(utf8) == pair["fixed"].get<std::string>());
    CHECK(clean_prompt(utf8) == pair["clean"].get<std::string>());
    changed += pair["fixed"] != utf8;
  }
  CHECK(count == 500);
  CHECK(changed > 250);
}

TEST_CASE("the reference's prompts are cleaned as the reference does") {
  const auto reference = nlohmann::json::parse(read_file(data_dir + "spiece.cases.json"));
  for (const auto& item : reference["cases"]) {
    const auto text = item["text"].get<std::string>();
    CAPTURE(text);
    CHECK(clean_prompt(text) == item["clean"].get<std::string>());
  }
}

TEST_CASE("plain text stays as it is") {
  for (const std::string text :
       {"", "A red fox.", "l'éléphant d'été", "清晨的湖面。", "Ünïcödé — ok", "AT&T & co", "²"}) {
    CHECK(fix_text(text) == text);
  }
}

TEST_CASE("mojibake is undone in each encoding") {
  CHECK(fix_text("schÃ¶n") == "schön");                                  // latin-1
  CHECK(fix_text("âœ” No problems") == "✔ No problems");                 // windows-1252
  CHECK(fix_text("РџСЂРёРІРµС‚") == "Привет");                           // windows-1251
  CHECK(fix_text("ÃƒÂ©tÃƒÂ©") == "été");                                 // twice
  CHECK(fix_text("√©t√©") == "été");                                     // macroman
  CHECK(fix_text("â€œquotedâ€\u009D") == "\"quoted\"");                  // unassigned byte of windows-1252
  CHECK(fix_text("100,00 â‚¬ und Grã¼ße").starts_with("100,00 € und"));  // only a part of the text is broken
}

TEST_CASE("bytes that were altered inside mojibake are allowed for") {
  CHECK(fix_text("voilÃ le travail") == "voilà le travail");  // A0 became a space
  CHECK(fix_text("Ã la mode") == "à la mode");
  CHECK(fix_text("Ã s vezes") == "às vezes");
  CHECK(fix_text("â€œ like this â€\uFFFD") == "\" like this \uFFFD");  // a byte was lost
}

TEST_CASE("CESU-8 and Java's zero are read where mojibake holds them") {
  CHECK(fix_text("x Ã¨ í\u00A0½í¸\u0080") == "x è 😀");
  CHECK(fix_text("Ã¨À\u0080z") == "èz");  // U+0000 is dropped as a control character
}

TEST_CASE("control characters of Latin-1 are read as windows-1252") {
  CHECK(fix_text("price \u0080 5") == "price € 5");
  CHECK(fix_text("a\u0085b") == "a…b");
}

TEST_CASE("HTML entities are decoded unless the text is HTML") {
  CHECK(fix_text("P&EACUTE;REZ &amp;amp; &#x4e2d;&#22269;") == "PÉREZ & 中国");
  CHECK(fix_text("this&not that &notanentity; &#59; &#1;") == "this&not that &notanentity; &#59; ");
  CHECK(fix_text("<b> &amp;") == "<b> &amp;");
  CHECK(fix_text("&amp;\n<b>\n&amp;") == "&\n<b>\n&amp;");  // from the line with < on
  CHECK(fix_text("&lt;i&gt; &eacute;") == "<i> é");
}

TEST_CASE("characters are given their plain forms") {
  CHECK(fix_text("ﬂuﬃeﬆ ĳ ŉ Ǆ") == "fluffiest ij 'n DŽ");
  CHECK(fix_text("ＬＯＵＤ　Ｕﾀｰﾝ ￥ ﾡ") == "LOUD Uターン ¥ \u1100");
  CHECK(fix_text("‘a’ “b” ‛c‟ ʼ") == "'a' \"b\" 'c\" '");
  CHECK(fix_text("a\r\nb\rc\u2028d\u2029e\r\r\n") == "a\nb\nc\nd\ne\n\n");
  CHECK(fix_text("e\u0301 \u212B \u1100\u1161\u11A8 \u0344") == "é Å 각 \u0308\u0301");
}

TEST_CASE("what has no place in text is removed") {
  CHECK(fix_text("\033[36;44mI'm blue\033[0m \033[٣m!") == "I'm blue !");
  CHECK(fix_text("\033[36;!") == "[36;!");  // no sequence: only its ESC goes
  CHECK(fix_text("\0a\x07 b\x7F c\uFEFF\u206A\uFFFC\td\x0C"s) == "a b c\td\x0C");
}

TEST_CASE("surrogates are joined or replaced") {
  CHECK(fix_text("\xED\xA0\xBD\xED\xB2\xA9") == "💩");
  CHECK(fix_text("\xED\xB2\xA9\xED\xA0\xBD") == "\uFFFD\uFFFD");
}

TEST_CASE("ill-formed bytes count as U+FFFD each maximal subpart") {
  CHECK(fix_text("a\xFFz") == "a\uFFFDz");
  CHECK(fix_text("a\xE2\x82z") == "a\uFFFDz");
  CHECK(fix_text("a\xF0\x9F\x98") == "a\uFFFD");
  CHECK(fix_text("a\xC0\xAFz") == "a\uFFFD\uFFFDz");
  CHECK(fix_text("a\xF4\x90\x80\x80z") == "a\uFFFD\uFFFD\uFFFD\uFFFDz");
}

TEST_CASE("a line is fixed in segments of a million code points") {
  const std::string filler(1'000'000, 'a');
  CHECK(fix_text(filler + "Ã©") == filler + "é");
  CHECK(fix_text(filler.substr(1) + "Ã©") == filler.substr(1) + "Ã©");  // the segments part between the two
}

TEST_CASE("a prompt is unescaped twice, and white space becomes single spaces") {
  CHECK(clean_prompt("  a \t\u3000\u00A0 b\r\n\n c \u2003") == "a b c");
  CHECK(clean_prompt("<x> &amp;lt;&amp;amp;lt; &notit; &copy &#150; &#xD800; &#x110000; &#1;") ==
        "<x> <&lt; ¬it; © – \uFFFD \uFFFD");
  CHECK(clean_prompt("&# &#x &#x; &;") == "&# &#x &#x; &;");
  CHECK(clean_prompt("&amp;nbsp;&nbsp;") == "");
  CHECK(clean_prompt("<&notit;&ampé&notinva;&notinx;") == "<¬it;&é∉¬inx;");
  CHECK(clean_prompt("<&#99999999999999999999;") == "<\uFFFD");
}
