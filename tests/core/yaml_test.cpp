#include "core/yaml/yaml_node.h"
#include "core/yaml/yaml_reader.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;
using testing::error_of;
using testing::TempDir;
using testing::write_file;

namespace {
using Lines = std::vector<std::string>;

Lines problems_of(std::string_view text) {
  Problems problems;
  parse_yaml(text, "f", problems);
  return problems.lines();
}
}  // namespace

TEST_CASE("a document becomes a tree with places") {
  Problems problems;
  const YamlNode root = parse_yaml(
      "name: \"night\"\n"
      "rates:\n"
      "  - {price: 0.28, note: '0.3'}\n"
      "  - ~\n"
      "empty:\n",
      "t.yaml", problems);
  CHECK(problems.empty());
  REQUIRE(root.kind == YamlNode::Kind::map);
  CHECK(root.find("name")->text == "night");
  CHECK(root.find("name")->quoted);
  CHECK(root.find("name")->where() == "t.yaml:1:7");
  const YamlNode* rates = root.find("rates");
  REQUIRE(rates->items.size() == 2);
  CHECK(rates->items[0].find("price")->where() == "t.yaml:3:13");
  CHECK_FALSE(rates->items[0].find("price")->quoted);
  CHECK(rates->items[1].kind == YamlNode::Kind::null);
  CHECK(root.find("empty")->kind == YamlNode::Kind::null);
  CHECK(root.find("none") == nullptr);
  CHECK(parse_yaml("", "f", problems).kind == YamlNode::Kind::null);
  CHECK(parse_yaml("# only a comment\n", "f", problems).kind == YamlNode::Kind::null);
  CHECK(problems.empty());
}

TEST_CASE("duplicate keys are found on every level") {
  CHECK(problems_of("a: 1\nb: {c: 1, c: 2}\na: 3\n") ==
        Lines{"f:2:11: the key 'c' is defined twice (first at line 2)",
              "f:3:1: the key 'a' is defined twice (first at line 1)"});
}

TEST_CASE("of many problems the first thousand are kept and all are counted") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "key: 1\n";
  Problems problems;
  parse_yaml(text, "f", problems);
  CHECK(problems.size() == 2999);
  CHECK(problems.full());
  CHECK(problems.lines().size() == Problems::max_kept);
  const std::string message = error_of([&] { problems.throw_if_any(); }).message();
  CHECK(message.ends_with("; and 2979 more problems"));
}

TEST_CASE("what is no single YAML document is a problem with its place") {
  CHECK(problems_of("a: [1, 2\n").at(0).starts_with("f:"));
  CHECK(problems_of("a: 1\n b: 2\n").size() == 1);
  CHECK(problems_of("a: *none\n").at(0).starts_with("f:1:4"));
  CHECK(problems_of("? [a, b]\n: 1\n") == Lines{"f:1:3: a key must be a word"});
  CHECK(problems_of("a: 1\n---\nb: 2\n") == Lines{"f:3:1: a second document begins here; only one is read"});
  CHECK(problems_of(std::string(2000, '[')).size() == 1);
  CHECK(problems_of("a: &x [*x]\n").size() == 1);
}

TEST_CASE("aliases are expanded, but not without end") {
  Problems problems;
  const YamlNode root = parse_yaml("base: &b {x: 1}\ncopy: *b\n", "f", problems);
  CHECK(problems.empty());
  CHECK(root.find("copy")->find("x")->text == "1");
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 1; k < 10; ++k) laughs += ", " + last;
    laughs += "]\n";
  }
  CHECK(problems_of(laughs) == Lines{"f: more than 100000 values"});
  // Each anchor keeps what is in it: 400 of them, one within the other, keep a thousand values 400 times.
  std::string nested = "a: ";
  for (int i = 0; i < 400; ++i) nested += "&n" + std::to_string(i) + " [";
  for (int i = 0; i < 1000; ++i) nested += "x,";
  CHECK(problems_of(nested + std::string(400, ']')) == Lines{"f: more than 100000 values"});
}

TEST_CASE("a file is loaded, and one that cannot be is named") {
  const TempDir folder;
  write_file(folder / "a.yaml", "k: v\n");
  Problems problems;
  const YamlNode root = load_yaml(folder / "a.yaml", problems);
  CHECK(root.find("k")->where() == (folder / "a.yaml").string() + ":1:4");
  CHECK(error_of([&] { load_yaml(folder / "b.yaml", problems); }).message().find("does not exist") !=
        std::string::npos);
  CHECK(error_of([&] { load_yaml(folder.path(), problems); }).message().find("is a folder") !=
        std::string::npos);
}

TEST_CASE("a map is read key by key, and all that is wrong is reported") {
  Problems problems;
  const YamlNode root = parse_yaml(
      "watts: many\n"
      "steps: 4.5\n"
      "fps: 0\n"
      "on: maybe\n"
      "name: [a]\n"
      "stesp: 4\n"
      "ratio: 2\n",
      "c.yaml", problems);
  YamlMap map(root, "estimate", problems);
  CHECK_FALSE(map.number("watts"));
  CHECK_FALSE(map.integer("steps"));
  CHECK_FALSE(map.integer("fps", 1, 240));
  CHECK_FALSE(map.boolean("on"));
  CHECK_FALSE(map.text("name"));
  CHECK_FALSE(map.number("ratio", 0, 1));
  CHECK(map.require("tariff") == nullptr);
  map.finish();
  CHECK(problems.lines() == Lines{"c.yaml:1:8: estimate.watts must be a number, not 'many'",
                                  "c.yaml:2:8: estimate.steps must be a whole number, not '4.5'",
                                  "c.yaml:3:6: estimate.fps must be between 1 and 240, not '0'",
                                  "c.yaml:4:5: estimate.on must be true or false, not 'maybe'",
                                  "c.yaml:5:7: estimate.name must be a single value, not a list",
                                  "c.yaml:7:8: estimate.ratio must be between 0 and 1, not '2'",
                                  "c.yaml:1:1: estimate.tariff is missing",
                                  "c.yaml:6:1: unknown key 'estimate.stesp' (did you mean 'steps'?)"});
  const Error error = error_of([&] { problems.throw_if_any(); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().starts_with("c.yaml:1:8: estimate.watts"));
  // One line for whoever has only one, the problems one by one for whoever has more.
  CHECK(error.message().find('\n') == std::string::npos);
  try {
    problems.throw_if_any();
  } catch (const ManyProblems& many) {
    CHECK(many.lines() == problems.lines());
  }
}

TEST_CASE("values that fit are read") {
  Problems problems;
  const YamlNode root =
      parse_yaml("n: 5\nx: 0.5\nb: yes\nt: night\nl: [1, 2]\none: 7\nnull_key: ~\n", "f", problems);
  YamlMap map(root, "", problems);
  CHECK(map.integer("n", 5, 5) == 5);
  CHECK(map.number("x") == 0.5);
  CHECK(map.boolean("b") == true);
  CHECK(map.text("t") == "night");
  CHECK(map.list("l").size() == 2);
  CHECK(map.list("one").size() == 1);
  CHECK(map.list("none").empty());
  CHECK(map.find("null_key") == nullptr);
  map.finish();
  CHECK(problems.empty());
  problems.throw_if_any();
  YamlMap wrong(*root.find("t"), "section", problems);
  CHECK(problems.lines() == Lines{"f:4:4: section must be a map of keys and values, not 'night'"});
}

TEST_CASE("many problems are cut to twenty lines") {
  Problems problems;
  for (int i = 0; i < 25; ++i) problems.add("", "p");
  const std::string message = error_of([&] { problems.throw_if_any(); }).message();
  CHECK(message.ends_with("; and 5 more problems"));
}
