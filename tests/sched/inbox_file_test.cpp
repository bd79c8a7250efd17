#include "inbox/inbox_file.h"

#include "testing.h"

using namespace turbodiff;
using inbox::InboxKind;

namespace {

std::vector<inbox::InboxRequest> read(const std::string& content, const std::string& name = "f.yaml") {
  return inbox::read_inbox_file(content, name, inbox::inbox_kind(name), [](std::string_view text) {
    if (text != "06:30") throw Error::bad_request("not a time");
    return std::int64_t{630};
  });
}

std::string error(const std::string& content, const std::string& name = "f.yaml") {
  return testing::error_of([&] { read(content, name); }).message();
}

}  // namespace

TEST_CASE("a text file gives one request a line") {
  const auto requests =
      read("\xEF\xBB\xBF# evening\r\na red circle\r\n\n{\"prompt\": \"b\", \"seed\": 5}", "f.txt");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].options.prompt == "a red circle");
  CHECK(requests[1].options.seed->value == 5);
}

TEST_CASE("YAML gives prompts with options and schedules, the common ones below") {
  const auto requests = read(
      "steps: 2\nwhen: cheapest\npriority: 3\nprompts:\n- no\n- 42\n"
      "- { prompt: c, seed: 18446744073709551615, when: now, deadline: 06:30, count: 2, hold: true }\n");
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].options.prompt == "no");
  CHECK(requests[1].options.prompt == "42");
  for (const auto& request : requests) {
    CHECK(request.options.steps == 2);
    CHECK(request.schedule.priority == 3);
  }
  CHECK(requests[0].schedule.when == spec::When::cheapest);
  CHECK(requests[2].schedule.when == spec::When::now);
  CHECK(requests[2].schedule.deadline == 630);
  CHECK(requests[2].count == 2);
  CHECK(requests[2].schedule.held);
  CHECK(requests[2].options.seed->value == 18446744073709551615u);
  CHECK(read("a prompt of its own").at(0).options.prompt == "a prompt of its own");
  CHECK(read("- a\n- b").size() == 2);
  CHECK(read("prompt: yes").at(0).options.prompt == "yes");
  const std::pair<const char*, const char*> flags[] = {{"true", "auto"},  {"on", "auto"}, {"\"on\"", "on"},
                                                       {"auto", "auto"},  {"off", "off"}, {"no", "off"},
                                                       {"force", "force"}};
  for (const auto& [written, meant] : flags)
    CHECK(read(std::string("prompt: a\nquant_linear: ") + written).at(0).options.quant_linear == meant);
}

TEST_CASE("JSON says the same as YAML") {
  const std::string json =
      R"({"steps": 2, "group": "g", "prompts": ["a \ud83d\ude00", {"prompt": "b", "retries": 0}]})";
  const auto requests = read(json, "f.json");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].options.prompt == "a \xF0\x9F\x98\x80");
  CHECK(requests[1].schedule.retries == 0);
  CHECK(requests[1].schedule.group == "g");
  CHECK(read("{\"prompt\": \"a\"}\n\n{\"prompt\": \"b\", \"priority\": 9}\n", "f.jsonl")
            .at(1)
            .schedule.priority == 9);
}

TEST_CASE("what is wrong is reported in one line with its place") {
  const std::pair<std::string, std::string> yaml[] = {
      {"", "f.yaml: is neither a prompt nor an object of options"},
      {"prompts: []", "'f.yaml' holds no prompt"},
      {"steps: 2", "f.yaml: there is no \"prompt\""},
      {"prompt: a\nprompts: [b]", "f.yaml: 'prompt' and 'prompts' exclude each other"},
      {"prompts: a", "f.yaml: 'prompts' must be a list"},
      {"prompts: [a, {prompt: b, stepz: 3}]",
       "f.yaml: prompt 2: unknown key 'stepz' (did you mean 'steps'?)"},
      {"prompts: [{prompts: [a]}]", "f.yaml: prompt 1: 'prompts' cannot be nested in 'prompts'"},
      {"prompt: a\nwhen: tonight", "f.yaml: 'when' must be off-peak, cheapest or now, not \"tonight\""},
      {"prompt: a\ndeadline: soon", "f.yaml: not a time"},
      {"prompt: a\ncount: 0", "f.yaml: 'count' must be a whole number between 1 and 100000, not 0"},
      {"prompt: a\nhold: 3", "f.yaml: 'hold' must be true or false"}};
  for (const auto& [content, message] : yaml) CHECK(error(content) == message);
  CHECK(error("prompt: [").starts_with("f.yaml:"));
  CHECK(error("{", "f.json") == "f.json: it is not valid JSON");
  CHECK(error(std::string(200'000, '['), "f.json") == "f.json: JSON is nested too deeply");
  CHECK(error("{\"prompt\": \"a\"}\n{\"seed\": 1}", "f.jsonl") == "f.jsonl:2: there is no \"prompt\"");
  CHECK(error("# nothing\n", "f.txt") == "'f.txt' holds no prompt");
  CHECK(error(std::string("a\0b", 3), "f.txt") == "f.txt: not text, a NUL byte is at offset 1");
  for (const char* name : {"f.txt", "f.jsonl", "f.json", "f.yaml"})
    CHECK_MESSAGE(
        error("\"a\"\n\"caf\xE9 in the snow\"\n", name).starts_with(std::string(name) + ":2: not UTF-8 text"),
        name);
  CHECK(error("group: \"a\\x1bb\"\nprompt: x\n") ==
        "f.yaml: 'group' holds a control character (U+001B at offset 1)");
}

TEST_CASE("files in GBK and UTF-16 are read, and the first is said") {
  // "雪中的狐狸" in GBK
  const std::string fox = "\xD1\xA9\xD6\xD0\xB5\xC4\xBA\xFC\xC0\xEA";
  const std::pair<const char*, std::string> files[] = {{"f.txt", fox + "\n"},
                                                       {"f.jsonl", "{\"prompt\": \"" + fox + "\"}\n"},
                                                       {"f.json", "\"" + fox + "\""},
                                                       {"f.yaml", "prompt: " + fox + "\n"}};
  for (const auto& [name, content] : files) {
    CAPTURE(name);
    std::vector<std::string> notes;
    const auto requests = inbox::read_inbox_file(
        content, name, inbox::inbox_kind(name), [](std::string_view) { return std::int64_t{0}; },
        [&](const std::string& line) { notes.push_back(line); });
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].options.prompt == "雪中的狐狸");
    CHECK(notes == std::vector<std::string>{std::string(name) + ": read as GB18030"});
  }
  CHECK(read(std::string("\xFE\xFF\0a", 4), "f.txt")[0].options.prompt == "a");
}
