#include "demo/evaluation.h"

#include <set>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::demo;
using turbodiff::testing::error_of;
using turbodiff::testing::TempDir;
using turbodiff::testing::write_file;

namespace {

Classification found(const Attributes& attributes) {
  return {attributes, std::nullopt};
}

}  // namespace

TEST_CASE("the evaluation prompts are thirty combinations the classifier has names for") {
  const auto rows = read_eval_prompts(TURBODIFF_SOURCE_DIR "/tests/demo/data/eval_prompts.jsonl");
  CHECK(rows.size() == 30);
  std::set<std::string> ids;
  for (const EvalPrompt& row : rows) {
    ids.insert(row.id);
    CHECK(!row.prompt.empty());
    CHECK(row.seed >= 1000);
    CHECK((row.wanted.background == "black" || row.wanted.background == "white" ||
           row.wanted.background == "gray"));
  }
  CHECK(ids.size() == 30);
  const auto sample = spread_sample(rows, 6);
  REQUIRE(sample.size() == 6);
  CHECK(sample[1].id == rows[5].id);
  CHECK(sample[5].id == rows[25].id);
  CHECK(spread_sample(rows, 31).size() == 30);
}

TEST_CASE("a bad evaluation file is refused with its line") {
  TempDir dir;
  write_file(dir / "a.jsonl", "{\"id\":\"a\"}\n");
  CHECK(error_of([&] { read_eval_prompts(dir / "a.jsonl"); }).message().find("a.jsonl:1") !=
        std::string::npos);
  write_file(dir / "b.jsonl", "\n");
  CHECK(error_of([&] { read_eval_prompts(dir / "b.jsonl"); }).message().find("no prompts") !=
        std::string::npos);
  CHECK(error_of([&] { read_eval_prompts(dir / "c.jsonl"); }).code() == ErrorCode::bad_request);
}

TEST_CASE("the prompts file holds prompts and seeds alone") {
  CHECK(to_prompts_file({{"a", "红 \"circle\"", 7, {}}}) ==
        "{\"prompt\":\"红 \\\"circle\\\"\",\"seed\":7}\n");
}

TEST_CASE("clips are scored by attribute and all together") {
  const EvalPrompt prompt{"p1", "a red circle", 1, {"red", "circle", "still", "black"}};
  Score score;
  add_clip(score, prompt, found({"red", "circle", "still", "black"}));
  add_clip(score, prompt, found({"red", "square", "", "black"}));
  CHECK(score.clips == 2);
  CHECK(score.right == std::array<int, 5>{2, 1, 1, 2, 1});
  REQUIRE(score.misses.size() == 1);
  CHECK(score.misses[0] == "p1 \"a red circle\", shape square not circle, motion unknown not still");
  CHECK(reaches(score, parse_minimums("color=1,all=0.5")));
  CHECK(!reaches(score, parse_minimums("shape=0.51")));
  CHECK(to_text(score, parse_minimums("shape=0.51")).find("FAIL") != std::string::npos);
  CHECK(!reaches(Score{}, Minimums{}));
}

TEST_CASE("minimums that cannot be read are refused") {
  for (const char* bad : {"colour=1", "color", "color=2", "color=-1", "color=x"}) {
    CHECK(error_of([&] { parse_minimums(bad); }).code() == ErrorCode::bad_request);
  }
  CHECK(parse_minimums("") == Minimums{});
}
