#include "spec/output_name.h"

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

namespace {
NameValues values() {
  NameValues v;
  v.seed = 42;
  v.index = 3;
  v.prompt = "A red circle, moving right!";
  v.model = "demo";
  return v;
}
}  // namespace

TEST_CASE("placeholders") {
  CHECK(fill_name("{prompt}-{seed}.mp4", values()) == "A-red-circle-moving-right-42.mp4");
  CHECK(fill_name("out/{model}_{index}.webm", values()) == "out/demo_3.webm");
  CHECK(fill_name("a{{b}}.mp4", values()) == "a{b}.mp4");
  const std::string date = fill_name("{date}.mp4", values()).string();
  CHECK(date.size() == std::string("20260131-173000.mp4").size());
}

TEST_CASE("wrong templates") {
  const auto message = [](const char* text) {
    return testing::error_of([&] { fill_name(text, values()); }).message();
  };
  CHECK(message("{sed}.mp4") == "output name: unknown placeholder '{sed}' (did you mean 'seed'?)");
  CHECK(message("a{.mp4") == "output name: lone '{' in 'a{.mp4'");
  CHECK(message("a}.mp4") == "output name: lone '}' in 'a}.mp4'");
  CHECK(message("") == "the output name is empty");
  CHECK(message("folder/") == "'folder/' is a folder, not a file name");
  CHECK(message(std::string(300, 'a').c_str()) == "the output's name has 300 bytes, 255 are the most");
}

TEST_CASE("several files get names of their own") {
  CHECK(template_for("a.mp4", 1) == "a.mp4");
  CHECK(template_for("a.mp4", 2) == "a-{index}.mp4");
  CHECK(template_for("dir.x/a", 2) == "dir.x/a-{index}");
  CHECK(template_for(".hidden", 2) == ".hidden-{index}");
  CHECK(template_for("{seed}.mp4", 2) == "{seed}.mp4");
  CHECK(!varies("{model}.mp4"));
}

TEST_CASE("slugs are safe file names") {
  CHECK(slug_of("../../etc/passwd") == "etc-passwd");
  CHECK(slug_of("") == "untitled");
  CHECK(slug_of("///") == "untitled");
  CHECK(slug_of("a\nb\x1b[31m") == "a-b-31m");
  CHECK(slug_of("一个红色的圆形，向右移动") == "一个红色的圆形-向右移动");
  CHECK(slug_of("\xff\xfe broken \xe4\xb8") == "broken");
  CHECK(slug_of(std::string(500, 'x')).size() == 48);
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "圆";
  CHECK(slug_of(wide).size() <= 120);
  CHECK(slug_of(wide).size() % 3 == 0);
}

TEST_CASE("two outputs of one name are refused") {
  using Paths = std::vector<std::filesystem::path>;
  CHECK_NOTHROW(require_distinct(Paths{"a.mp4", "b.mp4"}));
  const auto error = testing::error_of([] { require_distinct(Paths{"a.mp4", "b.mp4", "./a.mp4"}); });
  CHECK(error.message() == "outputs 1 and 3 would both be './a.mp4'");
}
