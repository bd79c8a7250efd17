#include "turbodiff_process.h"

using namespace turbodiff;
using testing::quick_generate;
using testing::Workplace;

TEST_CASE("nothing is overwritten without --force") {
  Workplace place;
  testing::write_file(place.path("a.mp4"), "precious");
  const auto refused = place.run(quick_generate({"x", "-o", "a.mp4"}));
  CHECK(refused.code == 2);
  CHECK(refused.error_line().find("a.mp4") != std::string::npos);
  CHECK(refused.error_line().find("--force") != std::string::npos);
  CHECK(testing::read_file(place.path("a.mp4")) == "precious");
  CHECK(place.files().size() == 1);
  CHECK(place.run(quick_generate({"x", "-o", "a.mp4", "--force"})).code == 0);
  CHECK(testing::read_file(place.path("a.mp4")) != "precious");

  testing::write_file(place.path("s.png"), "precious");
  CHECK(place.run(quick_generate({"x", "-o", "b.mp4", "--contact-sheet", "s.png"})).code == 2);
  CHECK(testing::read_file(place.path("s.png")) == "precious");
}

TEST_CASE("outputs are checked before anything is generated") {
  Workplace place;
  const auto line = [&](std::vector<std::string> more) {
    const auto result = place.run(quick_generate(std::move(more)));
    CHECK(result.code == 2);
    return result.error_line();
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(line({"x", "-o", "a.avi"}), ".mp4"));
  CHECK(has(line({"x", "-o", "video"}), ".mp4"));
  testing::write_file(place.path("file"), "x");
  CHECK(has(line({"x", "-o", "file/a.mp4"}), "is not a folder"));
  std::filesystem::remove(place.path("file"));
  // A refusal leaves no folder behind.
  CHECK(has(line({"x", "-o", "new/folder/a.avi"}), ".mp4"));
  CHECK(has(line({"x", "-o", "new/folder/a.mp4", "--steps", "9"}), "--steps"));
  CHECK(has(line({"x", "-o", "folder/"}), "is a folder, not a file name"));
  CHECK(has(line({"x", "-o", "a.png"}), "frame"));
  CHECK(has(line({"x", "-o", "{sed}.mp4"}), "did you mean 'seed'"));
  CHECK(has(line({"x", "-o", "a.mp4", "--contact-sheet", "s.jpg"}), "does not end in .png"));
  CHECK(has(line({"x", "-o", "a.mp4", "--save-latents", "l.pt"}), "does not end in .safetensors"));
  CHECK(has(line({"x", "-o", "a.mp4", "--noise", "none.safetensors"}),
            "--noise: no such file 'none.safetensors'"));
  CHECK(place.files().empty());
}

TEST_CASE("two prompts of one default name get their index, of a name that was given they are refused") {
  Workplace place;
  testing::write_file(place.path("p.txt"), "same\nother\nsame\n");
  const auto result = place.run(quick_generate({"--prompts", "p.txt", "-o", "{prompt}.mp4"}));
  CHECK(result.code == 2);
  CHECK(result.error_line().find("outputs 1 and 3 would both be") != std::string::npos);
  CHECK(place.files() == std::vector<std::string>{"p.txt"});
  CHECK(place.run(quick_generate({"--prompts", "p.txt"})).code == 0);
  CHECK(place.files() == std::vector<std::string>{"other-0.mp4", "p.txt", "same-0-1.mp4", "same-0-3.mp4"});
}

TEST_CASE("an impossible size is refused before it fills the disk or the memory") {
  Workplace place;
  const auto result =
      place.run({"generate", "x", "--size", "8192x8192", "--frames", "1001", "--steps", "1", "-o", "a.npy"});
  CHECK(result.code == 4);
  CHECK(!result.error_line().empty());
  CHECK(place.files().empty());
}

TEST_CASE("the shipped examples are valid") {
  Workplace place;
  const auto examples = std::filesystem::path(TURBODIFF_SOURCE_DIR) / "examples";
  for (const char* name : {"prompts.txt", "prompts.jsonl"}) {
    const auto result =
        place.run({"generate", "--prompts", (examples / name).string(), "--dry-run", "--json"});
    REQUIRE_MESSAGE(result.code == 0, result.err);
    CHECK(result.json()["jobs"].size() >= 2);
  }
}

TEST_CASE("odd prompts make safe names and valid JSON") {
  Workplace place;
  for (const std::string& prompt : {std::string("../../x"), std::string("..."),
                                    std::string("line\nbreak\ttab"), std::string(5000, 'a')}) {
    const auto result = place.run(quick_generate({"--json", "--prompt", prompt}));
    REQUIRE_MESSAGE(result.code == 0, result.err);
    CHECK(std::filesystem::path(result.json()["outputs"][0]["path"]).parent_path() ==
          place.path("").parent_path());
    CHECK(place.run({"info", result.json()["outputs"][0]["path"], "--json"}).json()["recipe"].is_object());
  }
}
