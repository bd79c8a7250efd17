// Text that comes in through generate's arguments, files and standard input.
#include "contains.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using testing::contains;
using testing::quick_generate;
using testing::Workplace;

namespace {

// "雪中的狐狸" and "一只猫" in GBK.
constexpr const char* fox = "\xD1\xA9\xD6\xD0\xB5\xC4\xBA\xFC\xC0\xEA";
constexpr const char* cat = "\xD2\xBB\xD6\xBB\xC3\xA8";

std::vector<std::string> dry_run(std::vector<std::string> more) {
  more.insert(more.begin(), {"generate", "--dry-run", "--json"});
  return more;
}

}  // namespace

TEST_CASE("GBK is read as such and said once, in arguments, files and pipes") {
  Workplace place;
  const auto argument = place.run(dry_run({fox}));
  REQUIRE_MESSAGE(argument.code == 0, argument.err);
  CHECK(argument.json()["jobs"][0]["prompt"] == "雪中的狐狸");
  CHECK(argument.err == "argument 4: read as GB18030\n");

  testing::write_file(place.path("p.txt"), std::string(fox) + "\n" + cat + "\n");
  const auto file = place.run(dry_run({"--prompts", "p.txt"}));
  REQUIRE_MESSAGE(file.code == 0, file.err);
  CHECK(file.json()["jobs"][1]["prompt"] == "一只猫");
  CHECK(file.err == "p.txt: read as GB18030\n");

  const auto piped = place.run(dry_run({"-"}), std::string(fox) + "\n");
  REQUIRE_MESSAGE(piped.code == 0, piped.err);
  CHECK(piped.json()["jobs"][0]["prompt"] == "雪中的狐狸");
  CHECK(piped.err == "standard input: read as GB18030\n");

  testing::write_file(place.path("c.yaml"), std::string("version: 1\n# ") + fox + "\nmodels: { path: m }\n");
  const auto settings = place.run({"--config", "c.yaml", "models", "path", "--json"});
  CHECK_MESSAGE(settings.code == 0, settings.err);
  CHECK(contains(settings.err, "c.yaml: read as GB18030"));
}

TEST_CASE("other encodings, NUL and control characters are refused with what to do") {
  Workplace place;
  const auto line = [&](std::vector<std::string> arguments, const std::string& input = {}) {
    const auto result = place.run(std::move(arguments), input);
    CHECK(result.code == 2);
    return result.error_line();
  };
  testing::write_file(place.path("latin.txt"), "a fox\ncaf\xE9 in the snow\n");
  testing::write_file(place.path("binary.txt"), std::string("\x7F"
                                                            "ELF\x02\0\0\x01",
                                                            8));
  testing::write_file(place.path("latin.json"),
                      "{\"schema_version\": 1, \"request\": {\"prompt\": \"caf\xE9 \"}}");
  testing::write_file(place.path("latin.yaml"), "version: 1\n# caf\xE9 in the snow\n");
  CHECK(contains(line(dry_run({"--prompts", "latin.txt"})), "latin.txt:2: not UTF-8 text (byte 0xE9"));
  CHECK(contains(line(dry_run({"--prompts", "latin.txt"})), "iconv"));
  CHECK(contains(line(dry_run({"--prompts", "binary.txt"})), "binary.txt: not text, a NUL byte"));
  CHECK(contains(line(dry_run({"--from", "latin.json"})), "latin.json: not UTF-8 text"));
  CHECK(contains(line({"--config", "latin.yaml", "models", "list"}), "latin.yaml:2: not UTF-8 text"));
  CHECK(contains(line(dry_run({"caf\xE9 in the snow"})), "argument 4: not UTF-8 text"));
  CHECK(contains(line(dry_run({"-"}), "caf\xE9 in the snow\n"), "standard input:1: not UTF-8 text"));
  CHECK(contains(line(dry_run({"a\x1B[31m"})), "control character (U+001B"));
  CHECK(contains(line(dry_run({"a\xC2\x85"})), "control character (U+0085"));
  CHECK(contains(line(dry_run({"x", "-o", "caf\xE9 1.mp4"})), "not UTF-8"));
  CHECK(contains(line(dry_run({""})), "the prompt is empty"));
  CHECK(contains(line(dry_run({" \t\xE3\x80\x80"})), "the prompt is empty"));
  CHECK(contains(line(dry_run({})), "no prompt is given"));
  CHECK(place.files() == std::vector<std::string>{"binary.txt", "latin.json", "latin.txt", "latin.yaml"});
}

TEST_CASE("the name of a file may be any bytes") {
  Workplace place;
  testing::write_file(place.path("caf\xE9.txt"), "a red circle\n");
  CHECK(place.run(dry_run({"--prompts", "caf\xE9.txt"})).code == 0);
}

TEST_CASE("a prompt may have several lines and tabs") {
  Workplace place;
  const auto result = place.run(dry_run({"a red circle\n\tmoving right"}));
  REQUIRE(result.code == 0);
  CHECK(result.json()["jobs"][0]["prompt"] == "a red circle\n\tmoving right");
}

TEST_CASE("prompts come from a pipe or a file on standard input") {
  Workplace place;
  for (const auto& arguments : {dry_run({"-"}), dry_run({"--prompts", "-"}), dry_run({})}) {
    const auto result = place.run(arguments, "a red circle\n\na blue square\n");
    REQUIRE_MESSAGE(result.code == 0, result.err);
    CHECK(result.json()["jobs"].size() == 2);
  }
  // A prompt that is given wins over what stands in the pipe.
  CHECK(place.run(dry_run({"x"}), "a red circle\na blue square\n").json()["jobs"].size() == 1);
  CHECK(place.run(dry_run({"-", "--prompt", "x"}), "a\n").code == 2);
}

TEST_CASE("two prompts of one default name get their index, and missing folders are made") {
  Workplace place;
  testing::write_file(place.path("p.txt"), "a red circle\na blue square\na red circle\n");
  REQUIRE(place.run(quick_generate({"--prompts", "p.txt"})).code == 0);
  CHECK(place.files() == std::vector<std::string>{"a-blue-square-0.mp4", "a-red-circle-0-1.mp4",
                                                  "a-red-circle-0-3.mp4", "p.txt"});
  REQUIRE(
      place.run(quick_generate({"x", "-o", "clips/night/{prompt}.mp4", "--contact-sheet", "sheets/a.png"}))
          .code == 0);
  CHECK(std::filesystem::exists(place.path("clips/night/x.mp4")));
  CHECK(std::filesystem::exists(place.path("sheets/a.png")));
  CHECK(place.run(dry_run({"x", "-o", "other/a.mp4"})).code == 0);
  CHECK_FALSE(std::filesystem::exists(place.path("other")));
}

TEST_CASE("a prompt that is longer than the model reads is said with its tokens") {
  Workplace place;
  std::string prompt;
  for (int i = 0; i < 700; ++i) prompt += "red circle ";
  const auto result = place.run(dry_run({prompt}));
  REQUIRE_MESSAGE(result.code == 0, result.err);
  const auto tokens = result.json()["jobs"][0]["cut_prompt_tokens"];
  CHECK(tokens > 512);
  CHECK(contains(result.err, "warning: the prompt has " + tokens.dump() +
                                 " tokens, and the model reads only the first 512"));
  CHECK(place.run(dry_run({"a red circle"})).json()["jobs"][0]["cut_prompt_tokens"].is_null());
}

TEST_CASE("sizes and lengths far from those of the training are said once") {
  Workplace place;
  const auto far =
      place.run({"generate", "x", "--dry-run", "--size", "256x256", "--frames", "81", "--num-samples", "2"});
  CHECK(far.code == 0);
  CHECK(far.err == "warning: demo: trained for 96x96 and 17 frames, 256x256 and 81 frames may look wrong\n");
  CHECK(place.run({"generate", "x", "--dry-run"}).err.empty());
}
