#include "core/text/incoming_text.h"

#include <iconv.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "testing.h"

using namespace turbodiff;
using core::incoming_text;
using core::text_problem;
using namespace std::string_literals;

namespace {

/// `utf8` as a program with that encoding writes it.
std::string encoded(const char* encoding, std::string utf8) {
  const iconv_t converter = ::iconv_open(encoding, "UTF-8");
  REQUIRE(converter != reinterpret_cast<iconv_t>(-1));
  std::string bytes(utf8.size() * 4, '\0');
  char *in = utf8.data(), *out = bytes.data();
  std::size_t in_left = utf8.size(), out_left = bytes.size();
  CAPTURE(utf8);
  REQUIRE(::iconv(converter, &in, &in_left, &out, &out_left) == 0);
  ::iconv_close(converter);
  bytes.resize(bytes.size() - out_left);
  return bytes;
}

struct Reading {
  std::string text;
  std::vector<std::string> notes;
};

Reading read(const std::string& bytes) {
  Reading reading;
  reading.text =
      incoming_text(bytes, "night.txt", [&](const std::string& line) { reading.notes.push_back(line); });
  return reading;
}

Error refusal(const std::string& bytes) {
  return testing::error_of([&] { incoming_text(bytes, "night.txt"); });
}

}  // namespace

TEST_CASE("UTF-8 passes as it is, without its byte order mark") {
  for (const char* text : {"", "a red circle\n", "café", "кот и он", "γάτα", "חתול", "一只猫", "🐱 cat",
                           "10 µΩ", "ёж", "é", "Łódź", "naïve — “quoted”"}) {
    CHECK(read(text).text == text);
    CHECK(read("\xEF\xBB\xBF"s + text).text == text);
    CHECK(read(text).notes.empty());
  }
}

TEST_CASE("UTF-16 with a byte order mark is decoded") {
  const std::string text = "a fox\n雪中的狐狸 🐱\n";
  CHECK(read("\xFF\xFE"s + encoded("UTF-16LE", text)).text == text);
  CHECK(read("\xFE\xFF"s + encoded("UTF-16BE", text)).text == text);
  CHECK(read("\xFF\xFE"s).text == "");
  CHECK(read("\xFF\xFE"s + encoded("UTF-16LE", text)).notes.empty());
  CHECK(refusal("\xFF\xFE"s + "a\0b"s).message() ==
        "night.txt: the UTF-16 text is damaged (half a character at byte offset 4)");
  CHECK(refusal("\xFF\xFE"s + "a\0\n\0\x3D\xD8z\0"s).message() ==
        "night.txt:2: the UTF-16 text is damaged (a lone surrogate at byte offset 6)");
  CHECK(refusal("\xFE\xFF\0a\0\0"s).message() == "night.txt: not text, it holds a NUL character");
  CHECK(refusal("\xFF\xFE\0\0a\0\0\0"s).message() == "night.txt: the text is UTF-32");
}

TEST_CASE("Chinese in GBK is decoded and said") {
  for (const char* text : {"一只猫",
                           "一只狗",
                           "一条鱼在游泳",
                           "红色的圆",
                           "雪中的狐狸",
                           "狗",
                           "花",
                           "红色",
                           "联通",
                           "日落",
                           "夕阳",
                           "老人",
                           "蜻蜓",
                           "茉莉",
                           "鹦鹉",
                           "茉莉花",
                           "一只cat在雪地里奔跑",
                           "穿红色T恤的女孩",
                           "USB线缆",
                           "VR眼镜",
                           "3只猫，慢镜头",
                           "4K画质, 电影感",
                           "a red circle 红色的圆",
                           "熊猫吃竹子",
                           "黑白花斑狗",
                           "一位时尚的女性走在东京的街道上，街道充满了温暖的霓虹灯。",
                           "a red circle\n一只猫\n# 注释\n{\"prompt\": \"小鸟飞过湖面\", \"seed\": 5}\n"}) {
    CAPTURE(text);
    const Reading reading = read(encoded("GB18030", text));
    CHECK(reading.text == text);
    CHECK(reading.notes == std::vector<std::string>{"night.txt: read as GB18030"});
  }
  CHECK(read(encoded("GB18030", "猫在睡觉🐱")).text == "猫在睡觉🐱");
}

TEST_CASE("sentences in other encodings are refused, not read as rare ideographs") {
  const std::vector<std::pair<const char*, std::vector<const char*>>> foreign = {
      {"ISO-8859-1",
       {"café in the snow",
        "ein schöner Käfer",
        "große Bäume",
        "une forêt brûlée",
        "créée",
        "señor",
        "un niño pequeño",
        "año nuevo",
        "größer",
        "Größe",
        "Mädchen im Schnee",
        "für",
        "CORAÇÃO",
        "MAÇÃ",
        "maçã",
        "sköldpadda",
        "Rødgrød",
        "ÉTÉ",
        "ÜBERGRÖSSE",
        "«Été»",
        "¡¿Qué pasa?",
        "garçon",
        "ÄÖÜ",
        "äöü",
        "ÁÉÍÓÚ"}},
      {"CP1252", {"l’hiver", "“Hallo” sagte er", "une forêt enneigée… brûlée"}},
      {"ISO-8859-2",
       {"łódka", "żółw", "żółty kot", "zażółć gęślą jaźń", "włóczka", "głód i łódka", "źródło", "Łódka",
        "kočka na sněhu", "žluťoučký kůň"}},
      {"CP1250", {"łódka", "żółty kot", "źródło"}},
      {"CP1251", {"снег идет", "кошка на снегу", "Снег", "лиса", "красная машина"}},
      {"KOI8-R", {"снег идет", "кошка на снегу", "красная машина"}},
      {"ISO-8859-7", {"γάτα στο χιόνι", "γάτα"}},
      {"ISO-8859-8", {"חתול"}},
      {"ISO-8859-9", {"kırmızı kedi", "şişe"}},
      {"EUC-KR", {"눈 속의 여우", "빨간 고양이", "빨간색 원이 움직인다"}},
      {"BIG5", {"一隻紅色的貓在雪地裡", "雪中的狐狸", "紅色的圓"}},
      {"SHIFT_JIS", {"雪の中の狐", "赤い丸"}},
      {"EUC-JP", {"雪の中の狐", "赤い猫が走る"}},
      {"TIS-620", {"แมวในหิมะ", "แมว"}},
  };
  for (const auto& [encoding, texts] : foreign)
    for (const char* text : texts) {
      CAPTURE(encoding);
      CAPTURE(text);
      const Error error = refusal(encoded(encoding, text));
      CHECK(error.code() == ErrorCode::bad_request);
      CHECK(error.message().find("not UTF-8 text") != std::string::npos);
    }
}

TEST_CASE("a refusal names the line, the byte and what to do") {
  const Error error = refusal("a fox\na caf\xE9 in the snow\n");
  CHECK(error.message() == "night.txt:2: not UTF-8 text (byte 0xE9 at offset 11)");
  CHECK(error.hint().find("iconv -f ISO-8859-1 -t UTF-8") != std::string::npos);
  CHECK(refusal("caf\xE9 ").message() == "night.txt: not UTF-8 text (byte 0xE9 at offset 3)");
  CHECK(refusal("a\n\nb\0c"s).message() == "night.txt:3: not text, a NUL byte is at offset 4");
  CHECK(refusal("\x7F"
                "ELF\x02\x01\x01\0\0"s)
            .message() == "night.txt: not text, a NUL byte is at offset 7");
  CHECK(refusal("a\xED\xA0\x80").message() == "night.txt: not UTF-8 text (byte 0xED at offset 1)");
  CHECK(refusal("a\xC0\xAF").message() == "night.txt: not UTF-8 text (byte 0xC0 at offset 1)");
}

TEST_CASE("what a prompt or a name may not hold") {
  for (const char* text :
       {"", "a cat\nin the snow\r\n\twalking", "e\u0301", "\u200D\uFE0F", "\uFEFFa", "\u202E", "\U0001F431"})
    CHECK_FALSE(text_problem(text));
  CHECK(text_problem("a\0b"s) == "holds a NUL character (U+0000 at offset 1)");
  CHECK(text_problem("ab\x1B[31m") == "holds a control character (U+001B at offset 2)");
  CHECK(text_problem("\x7F") == "holds a control character (U+007F at offset 0)");
  CHECK(text_problem("\xC2\x85") == "holds a control character (U+0085 at offset 0)");
  CHECK(text_problem("\xEF\xBF\xBE") == "holds a code that is not a character (U+FFFE at offset 0)");
  CHECK(text_problem("\xEF\xB7\x90") == "holds a code that is not a character (U+FDD0 at offset 0)");
  CHECK(text_problem("\xF4\x8F\xBF\xBF") == "holds a code that is not a character (U+10FFFF at offset 0)");
  CHECK(text_problem("a\xEF\xBF\xBD") ==
        "holds U+FFFD at offset 1, left where an earlier conversion lost a character");
  CHECK(text_problem("a\xED\xA0\x80") == "holds a byte that is not UTF-8 (0xED at offset 1)");
  CHECK(text_problem("caf\xE9") == "holds a byte that is not UTF-8 (0xE9 at offset 3)");
}

TEST_CASE("blank text") {
  for (const char* text : {"", " ", "\t\r\n", "\u3000", "\u00A0 \u2003", "\u200B", "\uFEFF"})
    CHECK(core::is_blank(text));
  for (const char* text : {"a", " . ", "\u3000一", "\xE9"}) CHECK_FALSE(core::is_blank(text));
}
